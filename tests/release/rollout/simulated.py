"""Whole rollouts, simulated: the real controller decides on counts that are drawn beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.release.rollout.controller import decide
from llmops_magics.release.rollout.observation import ArmSeen, Observations, StepSeen
from llmops_magics.statistics.sequential import Tally

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
Draw = Callable[[np.random.Generator, int], dict[str, Tally]]


@dataclass(frozen=True)
class Ended:
    """How a rollout ended: its last decision, and after how many requests of both arms."""

    decision: str
    requests: int
    candidate_requests: int


def errors(rate: float) -> Draw:
    """Draw the errors of n requests."""
    return lambda rng, n: {"error_rate": Tally.of_count(n, int(rng.binomial(n, rate)))}


def simulate(
    plan: RolloutPlan,
    rng: np.random.Generator,
    *,
    stable: Draw,
    candidate: Draw,
    requests: int = 20_000,
    every: int = 200,
) -> Ended:
    """Let requests come one a second, and look after every so many, until the rollout ends."""
    step, began, seen = 0, BEGIN, [StepSeen(step=0)]
    used = 0
    for look in range(1, requests // every + 1):
        now = BEGIN + timedelta(seconds=look * every)
        share = plan.share_at(step)
        n = int(rng.binomial(every, share))
        used += n
        seen[-1] = _add(seen[-1], stable(rng, every - n), candidate(rng, n), every - n, n)
        move = decide(plan, step, Observations(steps=tuple(seen)), began_at=began, now=now)
        if move.kind in ("rollback", "kill", "complete"):
            return Ended(move.kind, look * every, used)
        if move.kind == "advance":
            step, began = step + 1, now
            seen.append(StepSeen(step=step))
    return Ended("hold", requests, used)


def share_of(ends: Sequence[Ended], *decisions: str, within: int = 10**9) -> float:
    """Return the share that ended so, within so many requests."""
    return sum(e.decision in decisions and e.requests <= within for e in ends) / len(ends)


def _add(
    seen: StepSeen, stable: dict[str, Tally], candidate: dict[str, Tally], n: int, own: int
) -> StepSeen:
    return StepSeen(
        step=seen.step,
        stable=_grown(seen.stable, stable, n),
        candidate=_grown(seen.candidate, candidate, own),
    )


def _grown(arm: ArmSeen, more: dict[str, Tally], n: int) -> ArmSeen:
    tallies = {name: arm.tally(name) + tally for name, tally in more.items()}
    return ArmSeen(requests=arm.requests + n, tallies=tallies)
