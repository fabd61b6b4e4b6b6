"""One change of what an environment serves: its row, its audit event and its label, at once.

Rows are compare-and-swap: a change names the generation that it was decided on, and writes the next
one. Two changes of the same generation cannot both be there (the table's own constraint), so one of
them is told of the conflict. The audit event is appended first: its lock lets changes of the store
commit in the order of their numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from llmops_magics.audit import trail
from llmops_magics.errors import ReleaseConflictError
from llmops_magics.prompts import label as labels
from llmops_magics.prompts.serving.pointer import Pointer, Target, read_pointer
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.query import reader_of
from llmops_magics.storage.table import release_state

if TYPE_CHECKING:
    from sqlalchemy import Connection

Check = Callable[["Connection"], None]
_ANEW = "Look at `llmops release status`, and decide anew."


@dataclass(frozen=True, kw_only=True)
class Move:
    """Who changes what an environment serves of a prompt, and why.

    ``expected`` is the generation that the change was decided on (0: nothing was served), None
    for a change that is right whatever happened meanwhile. ``check`` runs first in the transaction.
    """

    environment: str
    prompt: str
    label: str
    actor: str
    reason: str = ""
    evidence: tuple[str, ...] = ()
    expected: int | None = None
    check: Check | None = None

    @property
    def resource(self) -> str:
        """What the audit trail calls it: ``prompt@environment``."""
        return f"{self.prompt}@{self.environment}"


def look(connection: Connection, move: Move) -> Pointer | None:
    """Return what is served now, in the transaction of its change.

    Raises ``ReleaseConflictError`` where that is not what the change was decided on.
    """
    if move.check is not None:
        move.check(connection)
    now = read_pointer(reader_of(connection), move.environment, move.prompt)
    generation = now.generation if now else 0
    if move.expected is not None and move.expected != generation:
        by = f" by {now.actor} ({now.action})" if now else ""
        raise ReleaseConflictError(
            f"{move.resource} was changed meanwhile{by}: generation {move.expected} was expected, "
            f"and it is {generation}.",
            hint=_ANEW,
        )
    return now


def begin(move: Move, stable: Target, **what: Any) -> Pointer:
    """Return the first pointer of a prompt in an environment."""
    return Pointer(
        environment=move.environment,
        prompt=move.prompt,
        label=move.label,
        generation=1,
        stable=stable,
        **what,
    )


def write(
    connection: Connection, move: Move, before: Pointer | None, after: Pointer, *, event: str = ""
) -> Pointer:
    """Write a change and return what is served from now on; ``event`` is the action's by default.

    Raises ``ReleaseConflictError`` where somebody else wrote this generation first.
    """
    after = replace(
        after,
        generation=before.generation + 1 if before else 1,
        label=move.label,
        actor=move.actor,
        reason=move.reason,
        evidence=move.evidence,
        at=format_time(utc_now()),
    )
    trail.append(
        connection,
        actor=move.actor,
        action=f"release.{event or after.action}",
        resource=move.resource,
        body={
            "before": told(before),
            "after": told(after),
            "reason": move.reason,
            "evidence": list(move.evidence),
        },
    )
    _insert(connection, after)
    _point(connection, move, after)
    return after


def told(pointer: Pointer | None) -> dict[str, Any] | None:
    """Return what an audit event says of a pointer."""
    if pointer is None:
        return None
    return {
        "generation": pointer.generation,
        "state": pointer.state,
        "stable": _said(pointer.stable),
        "candidate": _said(pointer.candidate),
        "held": _said(pointer.held),
        "share": pointer.share,
        "rollout_id": pointer.rollout_id,
    }


def _said(target: Target | None) -> dict[str, Any] | None:
    return dict(target.body) if target else None


def _insert(connection: Connection, after: Pointer) -> None:
    try:
        connection.execute(insert(release_state), after.to_dict())
    except IntegrityError as error:
        raise ReleaseConflictError(
            f"{after.ref} was changed by somebody else at the same moment.", hint=_ANEW
        ) from error


def _point(connection: Connection, move: Move, after: Pointer) -> None:
    """Let the environment's label point to the stable version, if it does not."""
    number = after.stable.number
    now = labels.labels_of(reader_of(connection), move.prompt).get(move.label)
    if now != number:
        labels.move(
            connection,
            name=move.prompt,
            label=move.label,
            number=number,
            actor=move.actor,
            action="rollback" if after.action == "rollback" else "move",
            reason=move.reason,
        )
