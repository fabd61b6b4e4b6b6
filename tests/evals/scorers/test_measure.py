"""latency, cost and length: what an answer took, with and without a limit."""

from __future__ import annotations

from decimal import Decimal

import pytest


def test_latency(judge):
    assert judge("latency", latency_ms=120.5).value == 120.5
    assert judge("latency(max_ms=120)", latency_ms=120).value is True
    score = judge("latency(max_ms=120)", latency_ms=120.5)
    assert (score.value, score.reason) == (False, "120 ms, more than 120")
    assert judge("latency").value is None


def test_cost(judge):
    assert judge("cost", cost_usd=Decimal("0.002")).value == 0.002
    assert judge("cost(max_usd=0.002)", cost_usd=Decimal("0.002")).value is True
    assert judge("cost(max_usd=0.002)", cost_usd=Decimal("0.0020001")).value is False
    assert judge("cost").applicable is True  # missing, not free


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ("length", 3.0),
        ("length(unit=chars)", 9.0),
        ("length(unit=tokens)", 5.0),
        ("length(max_words=3)", True),
        ("length(max_words=2)", False),
        ("length(min_words=4)", False),
        ("length(min_chars=9,max_chars=9)", True),
        ("length(max_words=3,max_tokens=4)", False),
        ("length(max_words=0)", False),
    ],
)
def test_length(judge, spec, value):
    assert judge(spec, "one two 3", output_tokens=5).value == value


def test_length_counts_words_between_white_space(judge):
    assert judge("length", " one  two\n3 ").value == 3.0
    assert judge("length", "").value == 0.0
    assert judge("length(max_words=1)", "a b").reason == "2 words"


def test_tokens_that_nobody_counted_are_missing(judge):
    assert judge("length(max_tokens=5)", "x").value is None
    assert judge("length(unit=tokens)", "x").value is None
