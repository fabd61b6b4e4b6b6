"""The looks at rollouts as they are stored, each with what it saw; rows are only added.

A look that changes something is written in the transaction of the change. One that holds is kept
when the reason class or the hour is another than the last one's: a watch of weeks stays readable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from llmops_magics.record import parse_time, to_jsonable
from llmops_magics.release.rollout.controller import GuardTest
from llmops_magics.release.rollout.record import ArmTotals, RolloutLook
from llmops_magics.storage.table import rollout_look

KEEP_EVERY_S: Final = 300.0
_C = rollout_look.c


def add_look(connection: Connection, look: RolloutLook) -> int:
    """Store a look and return its number."""
    arms = {
        "environment": look.environment,
        "prompt": look.prompt,
        "step": look.step,
        "steps": look.steps,
        "share": look.share,
        "outcome": look.outcome,
        "seen": look.arms,
    }
    found = connection.execute(
        insert(rollout_look).returning(_C.id),
        {
            "rollout_id": look.rollout_id,
            "generation": look.generation,
            "decision": look.decision,
            "reason": look.reason,
            "arms": to_jsonable(arms),
            "tests": to_jsonable(look.tests),
            "at": look.at,
        },
    )
    return int(found.scalar_one())


def is_worth_keeping(look: RolloutLook, last: RolloutLook | None) -> bool:
    """Tell whether a look says something that the last stored one does not."""
    if last is None or look.decision != "hold" or last.generation != look.generation:
        return True
    apart = (parse_time(look.at) - parse_time(last.at)).total_seconds()
    return last.decision != "hold" or apart >= KEEP_EVERY_S or look.outcome != last.outcome


def last_look(connection: Connection, rollout_id: str) -> RolloutLook | None:
    """Return the newest stored look at a rollout."""
    looks, _ = read_looks(connection, rollout_id, limit=1)
    return looks[0] if looks else None


def read_looks(
    connection: Connection, rollout_id: str, *, limit: int
) -> tuple[tuple[RolloutLook, ...], int]:
    """Return the newest looks at a rollout, the newest first, and how many there are."""
    mine = _C.rollout_id == rollout_id
    query = select(rollout_look).where(mine).order_by(_C.id.desc()).limit(limit)
    rows = connection.execute(query).mappings().all()
    total = connection.execute(select(func.count()).where(mine)).scalar_one()
    return tuple(_look(dict(row)) for row in rows), int(total)


def _look(row: Mapping[str, Any]) -> RolloutLook:
    arms, tests = (json.loads(v) if isinstance(v, str) else v for v in (row["arms"], row["tests"]))
    look = RolloutLook(
        rollout_id=row["rollout_id"],
        environment=arms["environment"],
        prompt=arms["prompt"],
        generation=row["generation"],
        step=arms["step"],
        steps=arms["steps"],
        share=arms["share"],
        decision=row["decision"],
        reason=row["reason"],
        arms=tuple(ArmTotals(**seen) for seen in arms["seen"]),
        tests=tuple(GuardTest(**test) for test in tests),
        at=row["at"],
    )
    return replace(look, outcome=arms["outcome"])
