"""The rules held to their promise: false verdicts in at most 2.5% of runs, by simulation."""

from __future__ import annotations

import runpy
from math import sqrt
from pathlib import Path

import pytest

SIMULATION = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "rule_error_rates.py"))
RUNS, PROMISED = 2000, 0.025
MOST = PROMISED + 3 * sqrt(PROMISED * (1 - PROMISED) / RUNS)  # 0.0355, by chance 1 time in 1,000


@pytest.mark.parametrize("n", [20, 50, 200])
def test_a_drop_of_the_margin_seldom_passes_and_no_drop_seldom_fails(n):
    same = SIMULATION["non_inferior"](n, 0.0, RUNS)
    worse = SIMULATION["non_inferior"](n, 0.03, RUNS)
    assert worse["PASS"] <= MOST
    assert worse["FAIL"] <= MOST  # on the margin either verdict is an error
    assert same["FAIL"] <= 0.005


def test_cases_enough_decide():
    n = 314  # by the power formula: a margin of 5 points, 10% discordance, 80% power
    assert SIMULATION["non_inferior"](n, 0.0, RUNS, margin=0.05)["PASS"] > 0.75


@pytest.mark.parametrize("rate", [0.5, 0.85, 0.95])
def test_a_rate_on_the_bound_seldom_fails_and_seldom_passes_above_it(rate):
    for n in (20, 50, 200):
        found = SIMULATION["threshold"](n, rate, rate, RUNS)
        assert max(found["PASS"], found["FAIL"]) <= MOST


def test_the_point_mode_promises_nothing():
    found = SIMULATION["non_inferior"](50, 0.03, RUNS, mode="point")
    assert found["PASS"] > 0.4
    assert found["INCONCLUSIVE"] == 0


def test_the_strict_mode_blocks_what_is_the_same():
    found = SIMULATION["non_inferior"](50, 0.0, RUNS, mode="strict")
    assert found["FAIL"] > 0.8
    assert SIMULATION["non_inferior"](50, 0.03, RUNS, mode="strict")["PASS"] <= MOST


def test_skewed_scores_come_near_the_promise():
    found = SIMULATION["mean_score"](50, 5 / 6.2, 300)
    assert max(found["PASS"], found["FAIL"]) <= 0.06  # 2.5% and three standard errors of 300 runs


def test_groups_are_taken_into_account():
    aware = SIMULATION["clustered"](10, 20, 0.85, 300)
    ignored = SIMULATION["clustered"](10, 20, 0.85, 300, ignore=True)
    assert aware["PASS"] + aware["FAIL"] <= 0.1  # 5%, and three standard errors
    assert ignored["PASS"] + ignored["FAIL"] > 0.25
