"""Decide what a rollout does next, from a plan and what was seen: a pure function.

In this order: a broken kill limit sends the candidate back at once, and so does harm, found by an
always-valid one-sided test of the whole rollout so far, whose alpha the guardrails share. Metrics
that stay away hold the rollout, and send it back when the hold time has passed twice. It goes on
only when the hold time is over, the step has had its requests, and for each guardrail the
always-valid interval keeps the harm below the margin. Else it holds.

A margin is what all users together may lose. A step gives the candidate to a share of them, so the
margin that must be excluded before it is the guardrail's over that share: a canary of 1% may go to
5% when a harm of 20 points is excluded where 1 point is the margin, and everybody gets the
candidate only when the margin itself is. (A fixed margin would keep a canary of 1% there for half a
million requests.)

Harm and margins are judged on all steps together, each compared within itself: so a rollout errs
with probability alpha in all, not once a step. Kill limits, hold time and numbers of requests are
the current step's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.release.rollout.guardrail import (
    Guardrail,
    KillLimit,
    parse_guardrails,
    parse_kill,
)
from llmops_magics.release.rollout.observation import Observations
from llmops_magics.statistics.sequential import (
    Tally,
    always_valid_p,
    confidence_sequence,
    difference_of_means,
    difference_of_proportions,
)

Step = Literal["advance", "complete", "hold", "rollback", "kill"]
ALL: Final = 100.0  # percent
KILL_LEAST: Final = 20  # requests of the candidate before a kill limit on a metric counts
PATIENCE: Final = 2  # hold times without a metric, then back
PATIENCE_LEAST_S: Final = 120.0


@dataclass(frozen=True, kw_only=True)
class GuardTest:
    """One guardrail at one look; harm is above 0 whichever way the metric counts.

    ``harm`` is how much worse the candidate is, ``low`` and ``high`` are its always-valid
    interval, ``p`` the always-valid p-value of "not worse", each None while too little was seen.
    ``margin`` is what the interval has to exclude now: the guardrail's over ``exposure``, the share
    (0 to 1) that the candidate would get next.
    """

    guard: str
    metric: str
    stable: float | None
    candidate: float | None
    stable_n: int
    candidate_n: int
    margin: float | None
    exposure: float
    alpha: float
    harm: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None

    @property
    def is_harm(self) -> bool:
        """Whether the candidate is worse, for certain enough."""
        return self.p is not None and self.p <= self.alpha

    @property
    def is_safe(self) -> bool:
        """Whether the interval excludes the margin."""
        return self.high is not None and self.margin is not None and self.high < self.margin


@dataclass(frozen=True, kw_only=True)
class Move:
    """What to do, why, and the tests that it rests on."""

    kind: Step
    reason: str
    tests: tuple[GuardTest, ...] = ()
    is_missing: bool = False


def decide(
    plan: RolloutPlan, step: int, seen: Observations, *, began_at: datetime, now: datetime
) -> Move:
    """Return what a rollout at ``step`` (from 0) does, whose step began at ``began_at``.

    Raises ``UsageError`` for guardrails that cannot be read.
    """
    guards = parse_guardrails(plan.guards)
    alpha, exposure = plan.alpha / max(len(guards), 1), min(_percent(plan, step + 1), ALL) / 100
    tests = tuple(_test(guard, seen, alpha, exposure) for guard in guards)
    held_s = (now - began_at).total_seconds()
    if broken := [text for kill in map(parse_kill, plan.kill) if (text := _broken(kill, seen))]:
        return Move(kind="kill", reason="; ".join(broken), tests=tests)
    if harms := [_harm_words(test) for test in tests if test.is_harm]:
        return Move(kind="rollback", reason="; ".join(harms), tests=tests)
    if missing := _missing(guards, seen, is_shared=_percent(plan, step) < ALL):
        return _without(missing, held_s, plan.hold_s, tests)
    if waits := [*_waits(plan, seen, held_s), *(_unsure(t) for t in tests if not t.is_safe)]:
        return Move(kind="hold", reason="; ".join(waits), tests=tests)
    return Move(
        kind="complete" if _is_last(plan, step) else "advance",
        reason=_passed(plan, seen, tests),
        tests=tests,
    )


def _is_last(plan: RolloutPlan, step: int) -> bool:
    """Tell whether what comes next is everybody: then there is nobody left to compare with."""
    return _percent(plan, step + 1) >= ALL


def _percent(plan: RolloutPlan, step: int) -> float:
    """Return the candidate's share at a step; everybody after the last."""
    return plan.steps[step] if step < len(plan.steps) else ALL


def _test(guard: Guardrail, seen: Observations, alpha: float, exposure: float) -> GuardTest:
    metric = guard.metric
    strata = seen.strata(metric.name)
    candidate = sum((c for c, _ in strata), start=Tally())
    stable = sum((s for _, s in strata), start=Tally())
    compare = difference_of_proportions if metric.is_share else difference_of_means
    found = compare(strata if metric.more_is_worse else [(s, c) for c, s in strata])
    known = GuardTest(
        guard=guard.text,
        metric=metric.name,
        stable=stable.mean,
        candidate=candidate.mean,
        stable_n=stable.n,
        candidate_n=candidate.n,
        margin=None if stable.mean is None else guard.margin_on(stable.mean) / exposure,
        exposure=exposure,
        alpha=alpha,
    )
    if found is None:
        return known
    interval = confidence_sequence(found, alpha=alpha)
    return GuardTest(
        **{
            **vars(known),
            "harm": found.estimate,
            "low": interval.low,
            "high": interval.high,
            "p": always_valid_p(found, alpha=alpha),
        }
    )


def _broken(kill: KillLimit, seen: Observations) -> str:
    """Say which limit is broken, ``""`` for one that is not."""
    if kill.metric is None:
        value: float | None = seen.spend_usd
    else:
        tally = seen.current.candidate.tally(kill.metric.name)
        value = tally.mean if tally.n >= KILL_LEAST else None
    if value is None or not kill.is_broken(value):
        return ""
    return f"kill limit {kill.text}: the candidate has {value:.4g}"


def _missing(guards: Iterable[Guardrail], seen: Observations, *, is_shared: bool) -> list[str]:
    """Name the metrics of which the current step saw nothing, in one arm or both."""
    arms = {"candidate": seen.current.candidate}
    if is_shared:
        arms["stable"] = seen.current.stable
    return [
        f"{guard.metric.name} of the {name} version"
        for guard in guards
        for name, arm in arms.items()
        if not arm.tally(guard.metric.name).n
    ]


def _without(
    missing: list[str], held_s: float, hold_s: float, tests: tuple[GuardTest, ...]
) -> Move:
    patience_s = max(PATIENCE * hold_s, PATIENCE_LEAST_S)
    words = f"nothing was seen of {', '.join(missing)}"
    if held_s < patience_s:
        return Move(kind="hold", reason=words, tests=tests, is_missing=True)
    reason = f"{words} in {_time(held_s)}, which is longer than two hold times"
    return Move(kind="rollback", reason=reason, tests=tests, is_missing=True)


def _waits(plan: RolloutPlan, seen: Observations, held_s: float) -> list[str]:
    waits = []
    if held_s < plan.hold_s:
        waits.append(f"held {_time(held_s)} of {_time(plan.hold_s)}")
    if (requests := seen.current.candidate.requests) < plan.min_requests:
        waits.append(f"{requests:,} of {plan.min_requests:,} requests of the candidate")
    return waits


def _harm_words(test: GuardTest) -> str:
    return f"{test.guard}: harm, {_arms(test)}, always-valid p {test.p:.2g} <= {test.alpha:.2g}"


def _unsure(test: GuardTest) -> str:
    if test.high is None or test.margin is None:
        return f"{test.guard}: too few to say"
    return f"{test.guard}: harm may be up to {test.high:.4g}, the margin is {test.margin:.4g}"


def _passed(plan: RolloutPlan, seen: Observations, tests: tuple[GuardTest, ...]) -> str:
    """Say what a step has shown; nothing more than it has, where there are no guardrails."""
    requests = f"{seen.current.candidate.requests:,} requests of the candidate"
    if not plan.guards:
        return f"{requests}; no guardrail is set"
    worst = ", ".join(f"{t.metric} at most {t.high:.4g} worse" for t in tests)
    return f"{requests}; {worst}"


def _arms(test: GuardTest) -> str:
    return f"candidate {test.candidate:.4g} (n {test.candidate_n:,}) against {test.stable:.4g}"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
