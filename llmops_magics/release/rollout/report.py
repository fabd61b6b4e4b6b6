"""Tell of one rollout: its plan, what a look would say now, and the looks that were made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from llmops_magics.prompts.serving.pointer import SHADOW, Pointer
from llmops_magics.record import utc_now
from llmops_magics.release.rollout.lease import read_lease
from llmops_magics.release.rollout.log import read_looks
from llmops_magics.release.rollout.look import look_at
from llmops_magics.release.rollout.record import RolloutReport
from llmops_magics.release.rollout.shadow_report import shadow_report

SHOWN_LOOKS: Final = 300


def rollout_report(
    connection: Connection, pointer: Pointer, skipped: Mapping[str, int]
) -> RolloutReport:
    """Return what is known of a pointer's rollout, under way or over; nothing is written."""
    now = utc_now()
    looks, total = read_looks(connection, pointer.rollout_id, limit=SHOWN_LOOKS)
    lease = read_lease(connection)
    is_watched = lease is not None and not lease.is_over(now)
    is_shadow = pointer.plan is not None and pointer.plan.shadow
    return RolloutReport(
        environment=pointer.environment,
        prompt=pointer.prompt,
        rollout_id=pointer.rollout_id,
        state=pointer.state,
        step=pointer.step,
        share=pointer.share,
        stable=f"{pointer.prompt}@{pointer.stable.number}",
        candidate=f"{pointer.prompt}@{pointer.candidate.number}" if pointer.candidate else "",
        plan=pointer.plan.to_dict() if pointer.plan else {},
        now=look_at(connection, pointer, now) if pointer.is_under_way else None,
        looks=looks,
        total_looks=total,
        watcher=lease.holder if lease and is_watched else "",
        shadow=(
            shadow_report(connection, pointer, skipped)
            if is_shadow or pointer.state == SHADOW
            else None
        ),
    )
