from __future__ import annotations

import pytest

from llmops_magics.statistics.estimate import cluster_keys, estimate_mean, standard_error
from llmops_magics.statistics.proportion import wilson_interval


def test_assertions_have_wilsons_interval_and_an_error():
    found = estimate_mean([True] * 8 + [False] * 2, is_proportion=True)
    assert found.interval == wilson_interval(8, 10)
    assert found.standard_error == pytest.approx((0.16 / 9) ** 0.5)  # s² = n p (1 - p) / (n - 1)
    assert (found.mean, found.n, found.groups) == (0.8, 10, None)


def test_groups_widen_and_are_named():
    values = [True] * 8 + [False] * 2
    found = estimate_mean(values, ["a"] * 8 + ["b"] * 2, is_proportion=True)
    assert found.groups == 2
    assert found.interval.method == "Wilson, cluster-robust"
    assert found.interval.low < wilson_interval(8, 10).low
    scores = estimate_mean([0.1, 0.2, 0.7, 0.8], ["a", "a", "b", "b"])
    assert scores.interval.method == "cluster-robust CR2"
    assert scores.standard_error == pytest.approx(0.3)  # two groups, at 0.15 and 0.75


def test_a_case_without_a_group_stands_for_itself():
    assert cluster_keys(["a", "", "a", ""], 4) == ["a", 1, "a", 3]
    assert cluster_keys(["a", "b", ""], 3) is None
    assert cluster_keys([], 3) is None
    with pytest.raises(ValueError, match="3 values and 1 groups"):
        cluster_keys(["a"], 3)


def test_nothing_and_one_value():
    nothing = estimate_mean([])
    assert (nothing.mean, nothing.standard_error, nothing.interval, nothing.n) == (
        None, None, None, 0,
    )  # fmt: skip
    assert standard_error([1.0]) is None
    assert standard_error([1.0, 1.0], ["a", "a"]) is None
