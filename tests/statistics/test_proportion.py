from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint

from llmops_magics.statistics.proportion import held_to_bound, wilson_interval


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_published_intervals(successes, n, low, high):
    interval = wilson_interval(successes, n)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)
    assert interval.method == "Wilson"


def test_no_trials_have_no_interval():
    assert wilson_interval(0, 0) is None


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3)])
def test_successes_must_be_among_the_trials(successes, n):
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson_interval(successes, n)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_it_holds_the_proportion_stays_in_bounds_and_has_a_width(case):
    successes, n = case
    interval = wilson_interval(successes, n)
    assert interval is not None
    assert 0 <= interval.low <= successes / n <= interval.high <= 1
    assert interval.high > interval.low


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=40, deadline=None)
def test_wilson_agrees_with_statsmodels(case):
    successes, n = case
    interval = wilson_interval(successes, n)
    expected = proportion_confint(successes, n, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-12)


def test_wilson_is_held_to_the_exact_test():
    interval = wilson_interval(17, 20)  # up to 0.948, and 17 or fewer of 20 at 0.95 is no 2.5%
    held = held_to_bound(interval, 17, 20, 0.95)
    assert interval.high < 0.95 < held.high
    assert held.method == "Wilson, to 0.95 by the exact binomial test"
    assert held_to_bound(interval, 17, 20, 0.5) == interval  # far away, both agree
    assert held_to_bound(interval, 17, 20, 0.9) == interval  # inside


@pytest.mark.parametrize("n", [5, 20, 72, 73, 200])
def test_no_bound_is_crossed_more_often_than_promised(n):
    for bound in (0.02, 0.1, 0.5, 0.8, 0.95, 0.99):
        held = [held_to_bound(wilson_interval(k, n), k, n, bound) for k in range(n + 1)]
        above = sum(binom.pmf(k, n, bound) for k in range(n + 1) if held[k].low > bound)
        below = sum(binom.pmf(k, n, bound) for k in range(n + 1) if held[k].high < bound)
        assert max(above, below) <= 0.025 + 1e-12
