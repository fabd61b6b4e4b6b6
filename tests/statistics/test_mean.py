from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_magics.statistics.mean import mean_interval

values = st.lists(st.floats(0, 1), min_size=1, max_size=60)


def test_identical_values_have_the_rule_of_three():
    interval = mean_interval([1.0] * 3, bounds=(0, 1))
    assert interval is not None
    assert interval.low == pytest.approx(0.05 ** (1 / 3))  # 0.368: hardly anything is known
    assert (interval.high, interval.method) == (1.0, "rule of three")


def test_one_value_says_almost_nothing():
    interval = mean_interval([0.5], bounds=(0, 1))
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((0.025, 0.975))


def test_identical_values_of_unknown_bounds_have_no_interval():
    assert mean_interval([7.0, 7.0]) is None
    assert mean_interval([]) is None


def test_few_values_have_students_t():
    interval = mean_interval([1.0, 2.0, 3.0])
    assert interval is not None
    assert interval.method == "Student t"
    assert interval.high - 2 == pytest.approx(4.302653 / 3**0.5)  # standard deviation 1


def test_the_interval_is_cut_at_the_bounds():
    interval = mean_interval([0.5, 1.0], bounds=(0, 1))
    assert interval is not None
    assert (interval.low, interval.high) == (0.0, 1.0)


def test_the_bootstrap_agrees_with_the_normal_theory_where_that_holds():
    sample = list(np.linspace(0, 1, 400))
    interval = mean_interval(sample)
    assert interval is not None
    reach = 1.96 * np.std(sample) / 20
    assert interval.method == "BCa bootstrap"
    assert (interval.low, interval.high) == pytest.approx((0.5 - reach, 0.5 + reach), abs=0.003)


def test_a_skewed_sample_has_a_skewed_interval():
    interval = mean_interval([0.0] * 27 + [1.0] * 3)
    assert interval is not None
    assert interval.high - 0.1 > 0.1 - interval.low


def test_many_values_have_the_normal_interval():
    interval = mean_interval([0.0, 1.0] * 6000)
    assert interval is not None
    assert interval.method == "normal"
    assert interval.high - 0.5 == pytest.approx(1.96 * 0.5 / 12000**0.5, rel=1e-3)


def test_values_outside_the_bounds_are_refused():
    with pytest.raises(ValueError, match="leave the bounds"):
        mean_interval([0.5, 1.5], bounds=(0, 1))


@given(values, st.randoms())
@settings(max_examples=30, deadline=None)
def test_order_does_not_matter(sample, random):
    shuffled = list(sample)
    random.shuffle(shuffled)
    assert mean_interval(shuffled, (0, 1)) == mean_interval(sample, (0, 1))


@given(values)
@settings(max_examples=30, deadline=None)
def test_it_holds_the_mean_and_stays_in_bounds(sample):
    interval = mean_interval(sample, (0, 1))
    assert interval is not None
    mean = sum(sample) / len(sample)
    assert -1e-12 <= interval.low <= mean + 1e-12
    assert mean - 1e-12 <= interval.high <= 1 + 1e-12


def test_it_covers_the_true_mean_about_as_often_as_it_says():
    generator = np.random.default_rng(7)
    samples = generator.beta(5, 1.2, size=(200, 30))
    intervals = [mean_interval(list(sample), (0, 1)) for sample in samples]
    held = sum(i is not None and i.low <= 5 / 6.2 <= i.high for i in intervals)
    assert held >= 178  # 95% would be 190; skewed samples of 30 have somewhat less


def test_more_confidence_is_a_wider_interval():
    few, many, same = [1.0, 1.1, 1.2], list(np.linspace(0, 1, 50)), [1.0] * 10
    for sample in (few, many, same):
        usual, wide = mean_interval(sample, (0, 3)), mean_interval(sample, (0, 3), 0.995)
        assert usual is not None
        assert wide is not None
        assert wide.low < usual.low <= usual.high < wide.high
        assert wide.method == usual.method


def test_the_rule_of_three_follows_the_confidence():
    interval = mean_interval([1.0] * 3, (0, 1), 0.99)
    assert interval is not None
    assert interval.low == pytest.approx(0.01 ** (1 / 3))


def test_a_bootstrap_of_more_confidence_gives_way_to_the_normal_sooner():
    sample = list(np.linspace(0, 1, 1100))
    usual, wide = mean_interval(sample), mean_interval(sample, None, 0.995)
    assert usual is not None
    assert wide is not None
    assert (usual.method, wide.method) == ("BCa bootstrap", "normal")


def test_the_bootstrap_reaches_as_far_as_students_t():
    sample = list(np.random.default_rng(6).normal(size=12))
    interval = mean_interval(sample)
    reach = 2.2010 * np.std(sample, ddof=1) / 12**0.5
    assert interval.method == "BCa bootstrap"
    assert (interval.high - interval.low) / 2 == pytest.approx(reach, rel=0.12)
