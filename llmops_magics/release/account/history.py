"""What an environment served of a prompt until a moment, from the states of its releases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from llmops_magics.audit.event import AuditEvent
from llmops_magics.release.account.record import ReleaseStep, RolloutLook
from llmops_magics.storage.table import label_move, release_state, rollout_look

MAX_STEPS = 200
MAX_LOOKS = 200


def read_states(connection: Connection, prompt: str, environment: str, at: str) -> list[Any]:
    """Return the newest states until a moment, the newest first, at most ``MAX_STEPS``."""
    state = release_state.c
    query = (
        select(release_state)
        .where(state.environment == environment, state.prompt == prompt, state.at <= at)
        .order_by(state.generation.desc())
        .limit(MAX_STEPS)
    )
    return list(connection.execute(query))


def count_states(connection: Connection, prompt: str, environment: str, at: str) -> int:
    """Count all states until a moment."""
    state = release_state.c
    query = select(func.count()).where(
        state.environment == environment, state.prompt == prompt, state.at <= at
    )
    return int(connection.execute(query).scalar() or 0)


def steps_of(states: Iterable[Any], events: Iterable[AuditEvent]) -> tuple[ReleaseStep, ...]:
    """Return states as steps, each with the number of its event where one says its generation."""
    seqs = {
        generation: event.seq
        for event in events
        if event.action.startswith("release.")
        and (generation := generation_of(event.body)) is not None
    }
    return tuple(
        ReleaseStep(
            generation=row.generation,
            action=row.action,
            state=row.state,
            stable=ref_of(row.stable),
            candidate=ref_of(row.candidate),
            share=row.share,
            actor=row.actor,
            reason=row.reason,
            evidence=tuple(map(str, row.evidence or ())),
            rollout_id=row.rollout_id,
            at=row.at,
            seq=seqs.get(row.generation),
        )
        for row in states
    )


def generation_of(body: Mapping[str, Any]) -> int | None:
    """Return which generation an event tells of, None where it does not say."""
    after = body.get("after")
    said = after.get("generation") if isinstance(after, Mapping) else None
    return said if isinstance(said, int) else None


def ref_of(bundle: Mapping[str, Any] | None) -> str:
    """Return ``name@number`` of a bundle, "" for none."""
    return f"{bundle['prompt']}@{bundle['number']}" if bundle else ""


def served_before(steps: Iterable[ReleaseStep]) -> str:
    """Return the stable version before the one that is served now, "" where there was none."""
    now = ""
    for step in steps:
        now = now or step.stable
        if step.stable and step.stable != now:
            return step.stable
    return ""


def read_looks(
    connection: Connection, rollouts: Iterable[str], at: str
) -> tuple[tuple[RolloutLook, ...], int]:
    """Return the newest looks at these rollouts until a moment, and how many there are."""
    look = rollout_look.c
    within = (look.rollout_id.in_(sorted(set(rollouts) - {""})), look.at <= at)
    query = select(rollout_look).where(*within).order_by(look.id.desc()).limit(MAX_LOOKS)
    found = tuple(
        RolloutLook(
            rollout_id=row.rollout_id,
            generation=row.generation,
            decision=row.decision,
            reason=row.reason,
            arms=dict(row.arms) if isinstance(row.arms, Mapping) else {"arms": row.arms},
            at=row.at,
        )
        for row in connection.execute(query)
    )
    total = connection.execute(select(func.count()).where(*within)).scalar()
    return found, int(total or 0)


def read_label(connection: Connection, prompt: str, label: str, at: str) -> list[Any]:
    """Return the moves of a label until a moment, the newest first: where nothing was released."""
    move = label_move.c
    query = (
        select(label_move)
        .where(move.name == prompt, move.label == label, move.moved_at <= at)
        .order_by(move.id.desc())
        .limit(MAX_STEPS)
    )
    return list(connection.execute(query))
