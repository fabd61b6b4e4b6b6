"""A thousand rollouts each: how often a good one goes back, and how soon a bad one is caught."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.statistics.sequential import Tally

sys.path.insert(0, str(Path(__file__).parent))
from simulated import errors, share_of, simulate

RUNS = 1_000
TEN = RolloutPlan(
    steps=(10.0,), hold_s=1_800, min_requests=200, guards=("error_rate non_inferior 0.01",)
)


def _ends(plan: RolloutPlan, seed: int, stable, candidate, runs: int = RUNS, **how):
    return [
        simulate(plan, np.random.default_rng([seed, i]), stable=stable, candidate=candidate, **how)
        for i in range(runs)
    ]


def test_a_good_release_goes_back_in_at_most_5_percent():
    ends = _ends(TEN, 1, errors(0.05), errors(0.05))
    assert share_of(ends, "rollback", "kill") <= 0.05


def test_a_drop_of_5_points_is_caught_before_half_the_traffic():
    ends = _ends(TEN, 2, errors(0.05), errors(0.10))
    assert share_of(ends, "rollback", within=10_000) >= 0.95


def test_steps_do_not_add_up_to_more_false_rollbacks():
    plan = RolloutPlan(
        steps=(5.0, 25.0, 50.0), hold_s=600, guards=("error_rate non_inferior 0.02",)
    )
    ends = _ends(plan, 3, errors(0.05), errors(0.05))
    assert share_of(ends, "rollback") <= 0.05
    assert share_of(ends, "complete") >= 0.9
    worse = _ends(plan, 4, errors(0.05), errors(0.10))
    assert share_of(worse, "rollback", within=10_000) >= 0.95


def test_three_guardrails_share_alpha():
    plan = RolloutPlan(
        steps=(10.0,),
        hold_s=1_800,
        guards=(
            "error_rate non_inferior 0.01",
            "latency_over(2000ms) non_inferior 0.01",
            "latency_ms non_inferior 5%",
        ),
    )

    def draw(rng, n):
        late = Tally.of_count(n, int(rng.binomial(n, 0.03)))
        slow = Tally.of(rng.lognormal(6, 0.7, n).tolist())
        return {**errors(0.05)(rng, n), "latency_over(2000ms)": late, "latency_ms": slow}

    ends = _ends(plan, 5, draw, draw, runs=300)
    assert share_of(ends, "rollback") <= 0.05


def test_an_inferior_release_is_rarely_completed():
    """At the margin itself, what is completed was wrongly so: at most alpha."""
    ends = _ends(TEN, 6, errors(0.05), errors(0.06), requests=60_000, every=600, runs=500)
    assert share_of(ends, "complete") <= 0.05


@pytest.mark.parametrize("rate", [0.005, 0.3])
def test_rare_and_common_failures_are_judged_alike(rate):
    ends = _ends(TEN, 7, errors(rate), errors(rate), runs=500)
    assert share_of(ends, "rollback") <= 0.05
