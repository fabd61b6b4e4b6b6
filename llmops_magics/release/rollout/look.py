"""One look at one rollout: read what was seen, decide, and say both in a record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.prompts.serving.pointer import PAUSED, ROLLING, SHADOW, Pointer
from llmops_magics.record import format_time, parse_time
from llmops_magics.release.rollout.controller import Move, decide
from llmops_magics.release.rollout.guardrail import parse_guardrails, parse_kill
from llmops_magics.release.rollout.metric import Metric
from llmops_magics.release.rollout.observation import Observations
from llmops_magics.release.rollout.reader import observe, read_windows
from llmops_magics.release.rollout.record import ArmTotals, RolloutLook
from llmops_magics.storage.table import shadow_pair


def look_at(connection: Connection, pointer: Pointer, now: datetime) -> RolloutLook:
    """Look at a rollout that is under way; nothing is written.

    Raises ``UsageError`` for a plan whose guardrails cannot be read.
    """
    plan = pointer.plan or RolloutPlan()
    windows = read_windows(connection, pointer) if pointer.state in (ROLLING, PAUSED) else []
    if not windows:
        return _record(pointer, plan, None, _waiting(connection, pointer), now)
    seen = observe(connection, pointer.rollout_id, windows, metrics_of(plan))
    move = decide(plan, pointer.step, seen, began_at=parse_time(windows[-1].at), now=now)
    if pointer.state == PAUSED and move.kind in ("advance", "complete"):
        move = Move(kind="hold", reason=f"paused; it would go on: {move.reason}", tests=move.tests)
    return _record(pointer, plan, seen, move, now)


def metrics_of(plan: RolloutPlan) -> tuple[Metric, ...]:
    """Return what a plan's guardrails and kill limits look at, each metric once."""
    limits = [kill.metric for kill in map(parse_kill, plan.kill)]
    found = [*(guard.metric for guard in parse_guardrails(plan.guards)), *limits]
    return tuple({metric.name: metric for metric in found if metric is not None}.values())


def _waiting(connection: Connection, pointer: Pointer) -> Move:
    if pointer.state != SHADOW:
        return Move(kind="hold", reason=f"it is {pointer.state}")
    mine = shadow_pair.c.rollout_id == pointer.rollout_id
    pairs = connection.execute(select(func.count()).where(mine)).scalar_one()
    return Move(kind="hold", reason=f"in the shadow, {pairs:,} answers compared; a person decides")


def _record(
    pointer: Pointer, plan: RolloutPlan, seen: Observations | None, move: Move, now: datetime
) -> RolloutLook:
    return RolloutLook(
        rollout_id=pointer.rollout_id,
        environment=pointer.environment,
        prompt=pointer.prompt,
        generation=pointer.generation,
        step=pointer.step,
        steps=len(plan.steps),
        share=pointer.share,
        decision=move.kind,
        reason=move.reason,
        arms=tuple(_totals(seen)) if seen else (),
        tests=move.tests,
        at=format_time(now),
    )


def _totals(seen: Observations) -> Sequence[ArmTotals]:
    return [
        ArmTotals(step=each.step, arm=name, requests=arm.requests, spend_usd=arm.spend_usd)
        for each in seen.steps
        for name, arm in (("stable", each.stable), ("candidate", each.candidate))
    ]
