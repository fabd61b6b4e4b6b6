from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from llmops_magics.statistics.cluster import (
    clustered_interval,
    clustered_mean,
    clustered_proportion,
)
from llmops_magics.statistics.proportion import wilson_interval


def test_groups_of_one_have_the_usual_error():
    found = clustered_mean([1.0, 2.0, 3.0], ["a", "b", "c"])
    assert found.variance == pytest.approx(1 / 3)  # s² = 1, n = 3
    assert found.freedom == pytest.approx(2)


def test_repeating_every_case_teaches_nothing():
    once = clustered_mean([1.0, 2.0, 6.0], ["a", "b", "c"])
    thrice = clustered_mean([1.0, 2.0, 6.0] * 3, ["a", "b", "c"] * 3)
    assert thrice.variance == pytest.approx(once.variance)
    assert thrice.freedom == pytest.approx(once.freedom)


def test_groups_of_one_size_agree_with_statsmodels():
    generator = np.random.default_rng(1)
    values = generator.normal(size=24) + np.repeat(generator.normal(size=6), 4)
    groups = np.repeat(np.arange(6), 4)
    fitted = sm.OLS(values, np.ones(24)).fit(cov_type="cluster", cov_kwds={"groups": groups})
    usual = fitted.bse[0] ** 2 * 23 / 24  # without its (n - 1) / (n - k), which is 1 here
    found = clustered_mean(list(values), list(groups))
    assert found.variance == pytest.approx(usual * 24 / 23)
    assert found.freedom == pytest.approx(5)


def by_matrices(values, groups):
    """CR2 and its degrees of freedom as published, with whole matrices."""
    n, names = len(values), sorted(set(groups))
    hat = np.full((n, n), 1 / n)
    rest = values - values.mean()
    meat, columns = 0.0, []
    for name in names:
        own = np.flatnonzero(np.asarray(groups) == name)
        block = np.eye(len(own)) - hat[np.ix_(own, own)]
        sizes, vectors = np.linalg.eigh(block)
        root = vectors @ np.diag(sizes**-0.5) @ vectors.T
        meat += (root @ rest[own]).sum() ** 2
        columns.append((np.eye(n) - hat)[:, own] @ root @ np.ones(len(own)) / n)
    gram = np.array(columns) @ np.array(columns).T
    return meat / n**2, np.trace(gram) ** 2 / (gram**2).sum()


def test_groups_of_any_size_agree_with_the_published_matrices():
    values = np.random.default_rng(2).normal(size=12)
    groups = ["a"] * 5 + ["b"] * 3 + ["c"] * 2 + ["d", "e"]
    found = clustered_mean(list(values), groups)
    assert (found.variance, found.freedom) == pytest.approx(by_matrices(values, groups))


def test_identical_values_have_the_rule_of_three_over_groups():
    interval = clustered_interval([1.0] * 30, ["a", "b", "c"] * 10, (0, 1))
    assert interval.low == pytest.approx(0.05 ** (1 / 3))
    assert clustered_interval([7.0] * 30, ["a", "b", "c"] * 10) is None


def test_one_group_says_nothing_of_others():
    assert clustered_mean([1.0, 2.0], ["a", "a"]) is None
    assert clustered_interval([1.0, 2.0], ["a", "a"]) is None
    assert clustered_proportion([True, False], ["a", "a"]) is None
    assert clustered_interval([], []) is None


def test_a_proportion_is_worth_its_groups():
    groups = [str(k // 5) for k in range(100)]
    alike = clustered_proportion([k // 5 < 16 for k in range(100)], groups)
    alone = wilson_interval(16, 20)  # whole groups pass or fail: 20 observations, not 100
    assert alike.low < alone.low < alone.high < alike.high  # wider by t for 19 degrees of freedom
    assert alike.low == pytest.approx(alone.low, abs=0.03)
    assert clustered_proportion([True] * 100, groups).low == pytest.approx(
        wilson_interval(20, 20).low
    )


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="2 values and 1 groups"):
        clustered_mean([1.0, 2.0], ["a"])


def test_it_covers_where_the_usual_interval_does_not():
    generator = np.random.default_rng(3)
    groups = [str(k // 10) for k in range(200)]
    shifts = np.repeat(generator.normal(size=(300, 20)), 10, axis=1)
    samples = shifts + generator.normal(size=(300, 200))
    held = 0
    for sample in samples:
        interval = clustered_interval(list(sample), groups)
        held += interval.low <= 0 <= interval.high
    assert held >= 274  # 285 expected, less three standard deviations; about 170 if ignored
