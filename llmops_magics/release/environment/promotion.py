"""Promote: a version becomes what an environment serves, at once or as a candidate.

The first version of a prompt in an environment has nothing to be held against: it is served at
once. What the environment's label pointed to before releases were kept is taken over first, so that
there is a way back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from llmops_magics.errors import ReleaseError
from llmops_magics.prompts.archiving import refuse_archived
from llmops_magics.prompts.serving.pointer import (
    HOLDBACK,
    ROLLING,
    SERVING,
    SHADOW,
    Pointer,
    Target,
)
from llmops_magics.release.environment.freeze import refuse_frozen
from llmops_magics.release.environment.state import Move, begin, look, write
from llmops_magics.storage.query import reader_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.prompts.serving.plan import RolloutPlan
    from llmops_magics.release.approval.bundle import ReleaseBundle


def adopt(connection: Connection, move: Move, bundle: ReleaseBundle) -> Pointer:
    """Take over what the environment's label points to as the first state; needs no evidence."""
    stable = Target.of(bundle.to_dict())
    said = replace(move, reason="the label pointed there before", evidence=())
    return write(connection, said, None, begin(move, stable, action="adopt", state=SERVING))


def promote(
    connection: Connection,
    move: Move,
    bundle: ReleaseBundle,
    plan: RolloutPlan,
    *,
    labelled: ReleaseBundle | None = None,
) -> Pointer:
    """Serve a bundle as the plan says; ``labelled`` is what the label points to, to be adopted.

    Nothing is written if it is served already. Raises ``ReleaseError`` while a rollout is under way
    or the environment is frozen, and ``ReleaseConflictError`` as ``state.look`` does.
    """
    before = look(connection, move)
    reader = reader_of(connection)
    refuse_frozen(connection, move.environment, "promoted")
    refuse_archived(reader, move.prompt)
    target = Target.of(bundle.to_dict())
    if before is None and labelled is not None:
        before = adopt(connection, move, labelled)
    if before is not None and before.is_under_way:
        raise _under_way(before)
    if before is not None and before.stable == target and before.state == SERVING:
        return before
    if before is not None and (plan.shadow or plan.steps) and before.stable != target:
        return write(connection, move, before, _candidate(before, target, plan))
    return write(connection, move, before, at_once(move, before, target, plan))


def at_once(
    move: Move, before: Pointer | None, target: Target, plan: RolloutPlan, **what: Any
) -> Pointer:
    """Return the pointer with which all but the holdback get a target."""
    said = {"action": "promote", "plan": plan, **what}
    if before is None:
        return begin(move, target, state=SERVING, **said)
    keeps = plan.holdback > 0 and before.stable != target
    fresh = {} if "rollout_id" in said else _identity(before)
    return replace(
        before,
        state=HOLDBACK if keeps else SERVING,
        stable=target,
        candidate=None,
        held=before.stable if keeps else None,
        back=before.generation if before.stable != target else before.back,
        share=0.0,
        step=len(plan.steps),
        **{**fresh, **said},
    )


def _candidate(before: Pointer, target: Target, plan: RolloutPlan) -> Pointer:
    return replace(
        before,
        action="promote",
        state=SHADOW if plan.shadow else ROLLING,
        candidate=target,
        held=None,
        share=0.0 if plan.shadow else plan.share_at(0),
        plan=plan,
        step=0,
        **_identity(before),
    )


def _identity(before: Pointer) -> dict[str, Any]:
    """Return a new rollout's id and salt: kept until it ends, whoever restarts meanwhile."""
    rollout_id = uuid4().hex
    return {"rollout_id": rollout_id, "salt": f"{before.prompt}:{rollout_id}"}


def _under_way(before: Pointer) -> ReleaseError:
    number = before.candidate.number if before.candidate else "?"
    return ReleaseError(
        f"A rollout of version {number} is under way in {before.ref} ({before.state}, "
        f"{before.share:.0%}).",
        hint=f"Wait for it, or end it: llmops release abort {before.ref}.",
    )
