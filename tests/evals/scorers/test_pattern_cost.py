from __future__ import annotations

from math import inf

import pytest

from llmops_magics.evals.scorers.pattern_cost import worst_case_steps


@pytest.mark.parametrize(
    ("pattern", "steps"),
    [
        ("abc", 11),
        ("ab?", 22),
        ("a{2,4}", 33),
        ("a|b.*", 11 * 12),
        ("(?=.*a)b", 11 * 11),
        (r"(?>a*)\d{3}", 11 * 11),
    ],
)
def test_ways_are_starts_times_choices(pattern, steps):
    assert worst_case_steps(pattern, 10) == steps


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|b|ab)*", "(?:(a*)b?)*?", "((ab?)+)+"])
def test_nested_choices_are_hopeless(pattern):
    assert worst_case_steps(pattern, 1000) > 1e100


def test_a_bound_too_large_for_a_float_is_infinite():
    assert worst_case_steps("((a+)+)+", 20_000) == inf
