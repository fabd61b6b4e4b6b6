"""A rollout under way: greater shares, pauses, and its end.

Salt and plan stay those of the rollout's first row, so nobody changes sides when it is paused,
resumed or watched by another process.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_magics.errors import ReleaseError
from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.prompts.serving.pointer import PAUSED, ROLLING, SERVING, SHADOW, Pointer
from llmops_magics.release.environment.freeze import refuse_frozen
from llmops_magics.release.environment.promotion import at_once
from llmops_magics.release.environment.state import Move, look, write

if TYPE_CHECKING:
    from sqlalchemy import Connection


def step(connection: Connection, move: Move, share: float) -> Pointer:
    """Give the candidate a greater share (0 to 1); from the shadow too. Refused in a freeze."""
    now = _under_way(connection, move, ROLLING, SHADOW)
    refuse_frozen(connection, move.environment, "stepped")
    if not now.share < share <= 1:
        raise ReleaseError(
            f"{move.resource} is at {now.share:.0%} and cannot go to {share:.0%}: shares grow.",
            hint="Give more than that and at most 100 %, or abort the rollout.",
        )
    steps = now.plan.steps if now.plan else ()
    number = next((i for i, each in enumerate(steps) if each / 100 >= share - 1e-12), len(steps))
    after = replace(now, action="step", state=ROLLING, share=share, step=number)
    return write(connection, move, now, after)


def pause(connection: Connection, move: Move) -> Pointer:
    """Keep the candidate's share as it is until ``resume``."""
    now = _under_way(connection, move, ROLLING, SHADOW, PAUSED)
    if now.state == PAUSED:
        return now
    return write(connection, move, now, replace(now, action="pause", state=PAUSED))


def resume(connection: Connection, move: Move) -> Pointer:
    """Go on with a paused rollout, where it was. Refused in a freeze."""
    now = _under_way(connection, move, PAUSED, ROLLING, SHADOW)
    if now.state != PAUSED:
        return now
    refuse_frozen(connection, move.environment, "resumed")
    is_shadow = now.plan is not None and now.plan.shadow and now.share == 0
    state = SHADOW if is_shadow else ROLLING
    return write(connection, move, now, replace(now, action="resume", state=state))


def complete(connection: Connection, move: Move) -> Pointer:
    """Make the candidate what everybody but the holdback gets. Refused in a freeze."""
    now = _under_way(connection, move, ROLLING, SHADOW)
    refuse_frozen(connection, move.environment, "completed")
    if now.candidate is None:
        raise ReleaseError(f"{move.resource} has no candidate.", hint="Promote a version.")
    after = at_once(
        move,
        now,
        now.candidate,
        now.plan or RolloutPlan(),
        action="complete",
        rollout_id=now.rollout_id,
        salt=now.salt,
    )
    return write(connection, move, now, after)


def abort(connection: Connection, move: Move, *, action: str = "abort") -> Pointer:
    """End a rollout without its candidate: everybody gets the stable version. Never refused."""
    now = _under_way(connection, move, ROLLING, PAUSED, SHADOW)
    return write(connection, move, now, without_candidate(now, action))


def without_candidate(now: Pointer, action: str) -> Pointer:
    """Return the pointer with which a rollout ends where it began."""
    return replace(now, action=action, state=SERVING, candidate=None, share=0.0)


def _under_way(connection: Connection, move: Move, *states: str) -> Pointer:
    now = look(connection, move)
    if now is None or not now.is_under_way:
        raise ReleaseError(
            f"No rollout is under way in {move.resource}.",
            hint=f"llmops release promote {move.prompt} --to {move.environment} begins one.",
        )
    if now.state not in states:
        raise ReleaseError(
            f"The rollout in {move.resource} is {now.state}.",
            hint=f"llmops release resume {move.resource} lets it go on.",
        )
    return now
