from __future__ import annotations

from math import exp, inf, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.statistics.sequential import (
    LEAST,
    Tally,
    always_valid_p,
    boundary_z,
    confidence_sequence,
    difference_of_means,
    difference_of_proportions,
    log_mixture,
    mixture_rho,
)


def test_a_tally_has_the_mean_and_variance_of_its_values():
    tally = Tally.of([1, 2, 3]) + Tally.of([6])
    assert (tally.n, tally.mean) == (4, 3.0)
    assert tally.variance == pytest.approx((4 + 1 + 0 + 9) / 3)
    assert Tally().mean is None
    assert Tally.of([5]).variance == 0.0


def test_a_count_lies_within_its_number():
    assert Tally.of_count(10, 3) == Tally.of([1] * 3 + [0] * 7)
    with pytest.raises(ValueError, match="11 of 10"):
        Tally.of_count(10, 11)


@pytest.mark.parametrize(("z", "information", "rho"), [(0.5, 10, 57), (2.5, 200, 57), (4, 900, 20)])
def test_the_mixture_is_the_integral_it_stands_for(z, information, rho):
    harms = np.linspace(0, 12 / sqrt(rho), 200_001)
    score = z * sqrt(information)
    half_normal = 2 * np.sqrt(rho / (2 * pi)) * np.exp(-rho * harms**2 / 2)
    ratio = np.exp(harms * score - harms**2 * information / 2)
    assert log_mixture(z, information, rho) == pytest.approx(
        log(np.trapezoid(half_normal * ratio, harms)), rel=1e-6
    )


@given(st.floats(1, 1e6), st.floats(0.001, 0.4), st.floats(1, 1e4))
def test_the_boundary_is_where_the_mixture_reaches_one_over_alpha(information, alpha, rho):
    z = boundary_z(information, alpha, rho)
    assert log_mixture(z, information, rho) == pytest.approx(log(1 / alpha), abs=1e-8)


def test_the_boundary_is_wider_than_that_of_one_look_and_grows_slowly():
    rho = mixture_rho(0.05, 500)
    bounds = [boundary_z(n, 0.05, rho) for n in (50, 500, 5_000, 500_000)]
    assert min(bounds) > 1.645
    assert bounds[-1] < 4.2
    assert boundary_z(0, 0.05, rho) == inf


def test_rho_makes_the_bound_about_the_tightest_where_it_is_tuned():
    def reach(rho: float) -> float:
        return boundary_z(500, 0.05, rho)

    best = min(reach(rho) for rho in np.geomspace(1, 10_000, 400))
    assert reach(mixture_rho(0.05, 500)) < best * 1.02
    with pytest.raises(ValueError, match="alpha"):
        mixture_rho(0.6, 500)


def test_one_stratum_of_rates_has_the_pooled_standard_error():
    found = difference_of_proportions([(Tally.of_count(100, 10), Tally.of_count(900, 45))])
    p = 55.5 / 1001
    assert found.estimate == pytest.approx(0.05)
    assert found.information == pytest.approx(90)
    assert found.z_error == pytest.approx(sqrt(p * (1 - p) / 90))
    own = 11 / 102 * (91 / 102) / 102 + 46 / 902 * (856 / 902) / 902
    assert found.error == pytest.approx(sqrt(own))
    assert found.z == pytest.approx((0.05 - 0.5 / 90) / found.z_error)  # half a count less


def test_strata_with_other_shares_take_no_side():
    """Half of the requests failed in the night, when the candidate had more of them."""
    day = (Tally.of_count(100, 1), Tally.of_count(900, 9))
    night = (Tally.of_count(500, 250), Tally.of_count(500, 250))
    assert difference_of_proportions([day, night]).estimate == 0.0
    together = (day[0] + night[0], day[1] + night[1])
    assert difference_of_proportions([together]).estimate > 0.2  # what adding up first would say


def test_means_are_compared_with_each_arms_own_variance():
    candidate, stable = Tally.of([1, 3] * 20), Tally.of([1.0] * 50)
    found = difference_of_means([(candidate, stable)])
    assert found.estimate == pytest.approx(1.0)
    assert found.error == found.z_error == pytest.approx(sqrt(40 / 39 / 40))


def test_nothing_is_said_of_few():
    few, many = Tally.of_count(LEAST - 1, 9), Tally.of_count(1_000, 10)
    assert difference_of_proportions([(few, many)]) is None
    assert difference_of_proportions([]) is None
    assert difference_of_proportions([(Tally(), many)]) is None


def test_a_difference_without_any_variance_is_certain():
    same = difference_of_means([(Tally.of([2.0] * 30), Tally.of([2.0] * 30))])
    more = difference_of_means([(Tally.of([3.0] * 30), Tally.of([2.0] * 30))])
    assert always_valid_p(same, alpha=0.05) == 1.0
    assert always_valid_p(more, alpha=0.05) == 0.0


def test_p_and_interval_say_the_same_far_from_the_border():
    worse = difference_of_proportions([(Tally.of_count(500, 60), Tally.of_count(4_500, 225))])
    assert always_valid_p(worse, alpha=0.05) < 0.001
    assert confidence_sequence(worse, alpha=0.05).low > 0
    better = difference_of_proportions([(Tally.of_count(500, 5), Tally.of_count(4_500, 225))])
    assert always_valid_p(better, alpha=0.05) == 1.0
    assert confidence_sequence(better, alpha=0.05).high < 0


def _first_harm(rng: np.random.Generator, runs: int, rate: float, share: float, alpha: float):
    """Count the runs in which 100 looks ever find harm, where there is none."""
    rho = mixture_rho(alpha, 500)
    arms = [rng.binomial(round(200 * part), rate, (runs, 100)).cumsum(1)
            for part in (share, 1 - share)]  # fmt: skip
    sizes = [round(200 * part) * np.arange(1, 101) for part in (share, 1 - share)]
    found = np.zeros(runs, dtype=bool)
    for look in range(100):
        n = [int(size[look]) for size in sizes]
        if min(n) < LEAST:
            continue
        bound = boundary_z(n[0] * n[1] / sum(n), alpha, rho)
        pooled = (arms[0][:, look] + arms[1][:, look] + 0.5) / (sum(n) + 1)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
        gap = arms[0][:, look] / n[0] - arms[1][:, look] / n[1] - 0.5 * (1 / n[0] + 1 / n[1])
        found |= gap / error >= bound
    return int(found.sum())


@pytest.mark.parametrize(("rate", "share"), [(0.05, 0.1), (0.2, 0.5), (0.005, 0.05), (0.5, 0.25)])
def test_hundred_looks_find_harm_where_there_is_none_in_at_most_alpha(rate, share):
    runs = 4_000
    assert _first_harm(np.random.default_rng(7), runs, rate, share, 0.05) <= 0.05 * runs


def test_the_interval_holds_at_all_looks_at_once():
    rng, missed, runs = np.random.default_rng(11), 0, 400
    for _ in range(runs):
        candidate, stable = Tally(), Tally()
        for _look in range(60):
            candidate += Tally.of_count(20, int(rng.binomial(20, 0.10)))
            stable += Tally.of_count(180, int(rng.binomial(180, 0.07)))
            found = difference_of_proportions([(candidate, stable)])
            interval = confidence_sequence(found, alpha=0.05)
            if not interval.low <= 0.03 <= interval.high:
                missed += 1
                break
    assert missed <= 0.10 * runs


def test_skewed_values_find_no_harm_where_there_is_none():
    rng, found, runs = np.random.default_rng(5), 0, 400
    for _ in range(runs):
        candidate, stable = Tally(), Tally()
        for _look in range(60):
            candidate += Tally.of(rng.lognormal(6, 0.8, 20))
            stable += Tally.of(rng.lognormal(6, 0.8, 180))
            gap = difference_of_means([(candidate, stable)])
            if always_valid_p(gap, alpha=0.05) <= 0.05:
                found += 1
                break
    assert found <= 0.05 * runs


def test_p_is_the_inverse_of_the_mixture():
    gap = difference_of_proportions([(Tally.of_count(200, 20), Tally.of_count(800, 40))])
    rho = mixture_rho(0.05, 500)
    assert always_valid_p(gap, alpha=0.05) == pytest.approx(
        exp(-log_mixture(gap.z, gap.information, rho))
    )
