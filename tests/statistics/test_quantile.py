from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.statistics.quantile import quantile, quantile_interval


def test_quantiles_are_interpolated():
    assert quantile([4, 1, 3, 2], 0.5) == 2.5
    assert quantile([10, 20], 0.95) == pytest.approx(19.5)
    assert quantile([7], 0.95) == 7
    assert quantile([], 0.5) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(0, 1))
def test_quantiles_agree_with_numpy(values, q):
    assert quantile(values, q) == pytest.approx(float(np.quantile(values, q)), abs=1e-6)


def test_the_median_of_100_lies_between_the_40th_and_the_61st_value():
    interval = quantile_interval(list(range(1, 101)), 0.5)
    assert interval is not None
    assert (interval.low, interval.high, interval.method) == (40, 61, "order statistics")


@pytest.mark.parametrize(("n", "high"), [(71, inf), (72, 72)])
def test_the_95th_percentile_takes_72_values_to_bound_from_above(n, high):
    interval = quantile_interval(list(range(1, n + 1)), 0.95)
    assert interval is not None
    assert interval.high == high  # 0.95 ** 72 = 0.0249


def test_one_value_bounds_nothing():
    interval = quantile_interval([5], 0.5)
    assert interval is not None
    assert (interval.low, interval.high) == (-inf, inf)
    assert quantile_interval([], 0.5) is None


@pytest.mark.parametrize("q", [-0.1, 1.1])
def test_q_is_a_share(q):
    with pytest.raises(ValueError, match="q must lie"):
        quantile([1], q)
    with pytest.raises(ValueError, match="q must lie"):
        quantile_interval([1], q)


def test_repeats_of_a_value_bound_no_quantile():
    once = quantile_interval(list(range(1, 101)), 0.5)
    thrice = quantile_interval(sorted(list(range(1, 101)) * 3), 0.5, independent=100)
    assert (thrice.low, thrice.high) == (once.low, once.high)
    assert quantile_interval([1.0] * 90, 0.95, independent=30).high == inf
    with pytest.raises(ValueError, match="cannot be independent"):
        quantile_interval([1.0], 0.5, independent=2)
