from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.release.rollout.controller import decide
from llmops_magics.release.rollout.observation import ArmSeen, Observations, StepSeen
from llmops_magics.statistics.sequential import Tally

GUARD = "error_rate non_inferior 0.01"
BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)
PLAN = RolloutPlan(steps=(5.0, 25.0, 100.0), hold_s=1800, min_requests=200, guards=(GUARD,))


def arm(n: int, errors: int, spend_usd: float = 0.0, **more: Tally) -> ArmSeen:
    tallies = {"error_rate": Tally.of_count(n, errors), **more}
    return ArmSeen(requests=n, spend_usd=spend_usd, tallies=tallies if n else {})


def step(stable: ArmSeen, candidate: ArmSeen, number: int = 0) -> StepSeen:
    return StepSeen(step=number, stable=stable, candidate=candidate)


def look(*steps: StepSeen, plan: RolloutPlan = PLAN, minutes: float = 31):
    now = BEGAN + timedelta(minutes=minutes)
    return decide(plan, steps[-1].step, Observations(steps=steps), began_at=BEGAN, now=now)


def test_it_advances_when_hold_requests_and_interval_allow_it():
    move = look(step(arm(9_500, 475), arm(500, 25)))
    assert move.kind == "advance"
    assert "500 requests of the candidate" in move.reason


def test_it_holds_until_the_time_is_over():
    move = look(step(arm(9_500, 475), arm(500, 25)), minutes=10)
    assert (move.kind, move.reason) == ("hold", "held 10 min of 30 min")


def test_it_holds_until_the_candidate_has_had_its_requests():
    move = look(step(arm(9_500, 475), arm(199, 9)))
    assert move.kind == "hold"
    assert "199 of 200 requests" in move.reason


def test_the_margin_is_over_the_share_that_comes_next():
    seen = arm(9_500, 475), arm(500, 25)
    first, second = look(step(*seen)), look(step(*seen, number=1))
    assert first.tests[0].margin == pytest.approx(0.01 / 0.25)
    assert second.tests[0].margin == pytest.approx(0.01)
    assert (first.kind, second.kind) == ("advance", "hold")
    assert "harm may be up to" in second.reason


def test_everybody_gets_it_when_the_margin_itself_is_excluded():
    move = look(step(arm(60_000, 3_000), arm(20_000, 1_000), number=1))
    assert move.kind == "complete"
    assert move.tests[0].high < 0.01


def test_harm_goes_back_whatever_the_time():
    move = look(step(arm(9_500, 475), arm(500, 60)), minutes=1)
    assert move.kind == "rollback"
    assert "candidate 0.12 (n 500) against 0.05, always-valid p" in move.reason


def test_harm_is_judged_on_all_steps_together():
    before = step(arm(9_500, 475), arm(500, 37))
    now = step(arm(3_750, 188), arm(1_250, 84), number=1)
    assert look(now).kind != "rollback"
    assert look(before, now).kind == "rollback"


def test_alpha_is_shared_by_the_guardrails():
    plan = RolloutPlan(steps=(5.0,), guards=(GUARD, "latency_ms non_inferior 50"), alpha=0.05)
    many = arm(500, 25, latency_ms=Tally.of([100.0, 101.0] * 250))
    move = look(step(many, many), plan=plan)
    assert [test.alpha for test in move.tests] == [0.025, 0.025]


def test_less_feedback_is_harm_and_more_is_none():
    plan = RolloutPlan(steps=(5.0,), guards=("feedback.good non_inferior 0.05",), hold_s=0)

    def seen(candidate_good: int) -> StepSeen:
        good = {"feedback.good": Tally.of_count(1_000, candidate_good)}
        stable = {"feedback.good": Tally.of_count(5_000, 4_000)}
        return step(ArmSeen(requests=5_000, tallies=stable), ArmSeen(requests=1_000, tallies=good))

    worse, better = look(seen(700), plan=plan), look(seen(900), plan=plan)
    assert (worse.kind, worse.tests[0].harm) == ("rollback", pytest.approx(0.1))
    assert (better.kind, better.tests[0].harm) == ("complete", pytest.approx(-0.1))


def test_what_stays_away_holds_and_then_goes_back():
    nothing = step(arm(900, 45), arm(0, 0))
    early, late = look(nothing, minutes=59), look(nothing, minutes=60)
    assert (early.kind, late.kind) == ("hold", "rollback")
    assert early.is_missing
    assert "error_rate of the candidate version" in late.reason


def test_where_everybody_has_the_candidate_nobody_misses_the_stable_version():
    before = step(arm(60_000, 3_000), arm(20_000, 1_000), number=1)
    assert look(before, step(arm(0, 0), arm(500, 25), number=2), minutes=90).kind == "complete"


def test_a_kill_limit_needs_no_statistics():
    plan = RolloutPlan(steps=(5.0,), guards=(GUARD,), kill=("error_rate <= 0.5",))
    assert look(step(arm(100, 5), arm(20, 11)), plan=plan, minutes=0).kind == "kill"
    assert look(step(arm(100, 5), arm(19, 19)), plan=plan, minutes=0).kind == "hold"  # too few
    assert look(step(arm(100, 5), arm(20, 10)), plan=plan, minutes=0).kind == "hold"


def test_money_is_limited_over_all_steps():
    plan = RolloutPlan(steps=(5.0, 50.0), kill=("spend_usd <= 10",))
    before = step(arm(1, 0), arm(1, 0, spend_usd=6.0))
    move = look(before, step(arm(1, 0), arm(1, 0, spend_usd=4.5), number=1), plan=plan)
    assert (move.kind, move.reason) == (
        "kill", "kill limit spend_usd <= 10: the candidate has 10.5",
    )  # fmt: skip


def test_without_guardrails_time_and_requests_decide_and_it_says_so():
    plan = RolloutPlan(steps=(50.0,), hold_s=60, min_requests=10)
    move = look(step(arm(10, 0), arm(10, 9)), plan=plan)
    assert (move.kind, move.reason) == (
        "complete", "10 requests of the candidate; no guardrail is set",
    )  # fmt: skip
