from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.statistics.paired import newcombe_interval, paired_difference


def test_newcombe_agrees_with_the_published_interval():
    # Newcombe (1998), Statistics in Medicine 17:2635-2650: 36, 12, 2 and 0 of 50 pairs.
    interval = newcombe_interval(36, 12, 2, 0)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_bools_are_compared_as_proportions():
    result = paired_difference([True] * 48 + [False] * 2, [True] * 36 + [False] * 12 + [True] * 2)
    assert result.difference == pytest.approx(0.2)
    assert result.interval == newcombe_interval(36, 12, 2, 0)


def test_runs_that_agree_in_every_case_are_still_uncertain():
    assertions = paired_difference([True] * 20, [True] * 20)
    scores = paired_difference([0.5] * 20, [0.5] * 20, bounds=(0, 1))
    for result in (assertions, scores):
        assert result.difference == 0
        assert result.interval is not None
        assert result.interval.low < -0.1 < 0.1 < result.interval.high


def test_scores_are_compared_case_by_case():
    result = paired_difference([0.6, 0.8, 0.1], [0.5, 0.6, 0.1], bounds=(0, 1))
    assert result.difference == pytest.approx(0.1)
    assert result.interval is not None
    assert result.interval.high == pytest.approx(0.1 + 4.302653 * 0.1 / 3**0.5)


def test_no_pairs_have_no_difference():
    result = paired_difference([], [])
    assert (result.difference, result.interval, result.n) == (None, None, 0)


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="2 values cannot be paired with 1"):
        paired_difference([1, 2], [1])


counts = st.integers(0, 40)


@given(counts, counts, counts, counts)
def test_swapping_the_runs_turns_the_interval_round(both, gained, lost, neither):
    here = newcombe_interval(both, gained, lost, neither)
    there = newcombe_interval(both, lost, gained, neither)
    if here is None or there is None:
        assert both + gained + lost + neither == 0
        return
    assert (here.low, here.high) == pytest.approx((-there.high, -there.low))
    assert here.low <= (gained - lost) / (both + gained + lost + neither) <= here.high


def test_the_confidence_reaches_both_kinds_of_pairs():
    bools = paired_difference([True] * 48 + [False] * 2, [True] * 36 + [False] * 14, None, 0.99)
    assert bools.interval == newcombe_interval(36, 12, 0, 2, 0.99)
    scores = paired_difference([0.6, 0.8, 0.1], [0.5, 0.6, 0.1], (0, 1), 0.99)
    assert scores.interval is not None
    assert scores.interval.high == pytest.approx(0.1 + 9.924843 * 0.1 / 3**0.5)


def test_each_kind_of_pairs_has_its_exact_test():
    bools = paired_difference([True] * 6, [False] * 6)
    assert (bools.test, bools.p_value) == ("McNemar exact", pytest.approx(2 / 2**6))
    scores = paired_difference([0.1, 0.2, 0.3], [0.0, 0.0, 0.0])
    assert (scores.test, scores.p_value) == ("sign-flip", pytest.approx(2 / 2**3))
    assert scores.standard_error == pytest.approx(0.1 / 3**0.5)


def test_an_interval_the_exact_test_contradicts_reaches_to_0():
    found = paired_difference([True] * 5, [False] * 5)  # p = 2/2^5
    assert (found.interval.low, found.p_value) == (0.0, 0.0625)
    assert found.interval.method == "Newcombe paired, to 0 by the sign-flip test"


def test_a_group_of_cases_counts_once():
    new, old, groups = [True] * 12, [False] * 12, ["a", "b", "c"] * 4
    alone, grouped = paired_difference(new, old), paired_difference(new, old, (0, 1), 0.95, groups)
    assert (alone.p_value, grouped.p_value) == pytest.approx((2 / 2**12, 2 / 2**3))
    assert (grouped.groups, grouped.test) == (3, "sign-flip by group")
    assert grouped.interval.low < 0  # three groups, all alike, prove nothing
    assert grouped.interval.method == "rule of three"
