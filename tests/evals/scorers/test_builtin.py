"""The small scorers, through the same door as a run goes."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest

from llmops_magics.evals.scorer import SCORERS, ScorerContext, run_scorer


def score(name, output, expected, **more):
    context = ScorerContext(output=output, expected=expected, **more)
    (result,) = asyncio.run(run_scorer(SCORERS[name], context))
    return result


@pytest.mark.parametrize(
    ("output", "expected", "value"),
    [
        (" New\n York ", "New York", True),
        ("new york", "New York", False),
        ("NYC", ["New York", "NYC"], True),
        ("42", 42.0, True),
        ("42", 42, True),
    ],
)
def test_exact_match(output, expected, value):
    assert score("exact_match", output, expected).value is value


@pytest.mark.parametrize(
    ("output", "expected", "value"),
    [
        ("Within 30\nDAYS of delivery.", "30 days", True),
        ("It takes a month.", ["30 days", "a month"], True),
        ("It takes 15 days.", "5", False),
        ("It costs 5.50.", "5", False),
        ("It costs 5.", 5, True),
        ("All refunds", "refund", True),
    ],
)
def test_contains(output, expected, value):
    assert score("contains", output, expected).value is value


def test_contains_has_nothing_to_say_about_blank_spellings():
    assert score("contains", "x", ["", " "]).applicable is False


def test_token_f1_counts_shared_words():
    # cat, sat against cat, sat, down: 2 x 2 shared of 5
    assert score("token_f1", "The cat sat.", "A CAT sat down").value == pytest.approx(0.8)
    assert score("token_f1", "no", ["yes", "No!"]).value == 1.0
    assert score("token_f1", "", "yes").value == 0.0


def test_embedding_similarity_is_the_best_cosine():
    def embed(texts):
        return np.array([{"a": [2, 0], "b": [0, 1], "ab": [1, 1]}[text] for text in texts])

    assert score("embedding_similarity", "a", "b", embed=embed).value == pytest.approx(0)
    best = score("embedding_similarity", "a", ["b", "ab"], embed=embed).value
    assert best == pytest.approx(0.5**0.5)


def test_an_embedder_that_returns_something_else_is_a_missing_score():
    result = score("embedding_similarity", "a", "b", embed=lambda texts: [[1.0]])
    assert result.value is None
    assert "(1, 1) for 2 texts" in result.reason


def test_embedding_similarity_of_an_empty_answer_is_zero():
    assert score("embedding_similarity", " ", "b", embed=len).value == 0.0


@pytest.mark.parametrize(
    ("pattern", "value"), [(r"\d{4}-\d\d", True), (r"(?i)ORDER \w+$", False), (["x", "^Ord"], True)]
)
def test_regex(pattern, value):
    assert score("regex", "Order 2024-05.", pattern).value is value


@pytest.mark.parametrize("pattern", ["(", "a" * 1001, r"(?P<x>a)(?P<x>b)"])
def test_a_pattern_that_cannot_be_used_is_a_missing_score(pattern):
    result = score("regex", "a", pattern)
    assert (result.value, result.applicable) == (None, True)
    assert "the pattern" in result.reason


def test_a_text_that_is_too_long_is_a_missing_score():
    assert score("regex", "a" * 20_001, "a").value is None


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a?){30}b", "a*a*a*a*a*a*a*b"])
def test_a_pattern_that_explodes_is_stopped(pattern):
    started = time.monotonic()
    result = score("regex", "a" * 3000 + "!", pattern)
    assert result.value is None
    assert "backtracks too much" in result.reason
    assert time.monotonic() - started < 20


def test_a_suspicious_pattern_that_ends_is_decided():
    assert score("regex", "aaab", "(a+)+b$").value is True
    assert score("regex", "\ud800 aaac", "(a+)+b$").value is False
