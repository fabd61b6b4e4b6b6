"""The review actions of a store: appended one at a time, each with its audit event.

An action is there as soon as ``append`` returns, whatever becomes of the kernel after that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from llmops_magics.audit import trail
from llmops_magics.audit.actor import current_actor
from llmops_magics.errors import UsageError
from llmops_magics.evals.review.action import ACTIONS, UNDO, ReviewAction, SampleKey
from llmops_magics.record import canonical_json, digest, format_time, to_jsonable, utc_now
from llmops_magics.redaction import redact_value
from llmops_magics.storage.table import review_action

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.storage.store import Store

MAX_BODY_BYTES = 1_000_000


class ReviewLog:
    """What reviewers did. Texts are masked before they are written unless ``redacted`` is off."""

    def __init__(
        self, store: Store, *, actor: Callable[[], str] = current_actor, redacted: bool = True
    ) -> None:
        self._store = store
        self._actor = actor
        self._redacted = redacted

    def append(
        self, run_id: str, key: SampleKey, action: str, body: Mapping[str, Any]
    ) -> ReviewAction:
        """Write one action; raises ``UsageError`` for one that is unknown or too large."""
        plain = to_jsonable(body)
        kept = redact_value(plain) if self._redacted else plain
        if kept != plain:
            kept["masked"] = True  # what is added to a dataset later must not be the mask
        if action not in ACTIONS or action == UNDO:
            raise UsageError(f"{action!r} is no action of a review.")
        if len(canonical_json(kept)) > MAX_BODY_BYTES:
            raise UsageError(f"A review's text has at most {MAX_BODY_BYTES:,} bytes.")
        with self._store.write(lock=f"review {run_id}") as connection:
            return _write(connection, run_id, key, action=action, body=kept, actor=self._actor())

    def undo(self, run_id: str) -> ReviewAction | None:
        """Take back this actor's last action on a run that still stands; return that action.

        None where there is none: nobody takes back what another reviewer did.
        """
        actor = self._actor()
        with self._store.write(lock=f"review {run_id}") as connection:
            actions = _read(connection, run_id)
            gone = undone(actions)
            own = (a for a in reversed(actions) if a.actor == actor and a.action != UNDO)
            last = next((a for a in own if a.id not in gone), None)
            if last is not None:
                body = {"undoes": last.id}
                _write(connection, run_id, last.key, action=UNDO, body=body, actor=actor)
        return last

    def actions(self, run_id: str, *, after: int = 0) -> tuple[ReviewAction, ...]:
        """Return the actions on a run, the oldest first; ``after`` is the id of the last known."""
        with self._store.read() as connection:
            return _read(connection, run_id, after)


def undone(actions: tuple[ReviewAction, ...]) -> frozenset[int]:
    """Return the ids of the actions that were taken back."""
    return frozenset(each.body["undoes"] for each in actions if each.action == UNDO)


def _read(connection: Connection, run_id: str, after: int = 0) -> tuple[ReviewAction, ...]:
    columns = review_action.c
    query = select(review_action).where(columns.run_id == run_id, columns.id > after)
    rows = connection.execute(query.order_by(columns.id)).mappings()
    return tuple(ReviewAction(**row) for row in rows)


def _write(
    connection: Connection,
    run_id: str,
    key: SampleKey,
    *,
    action: str,
    body: dict[str, Any],
    actor: str,
) -> ReviewAction:
    row: dict[str, Any] = {
        "run_id": run_id,
        "case_id": key[0],
        "repeat": key[1],
        "action": action,
        "body": body,
        "actor": actor,
        "at": format_time(utc_now()),
    }
    made = connection.execute(insert(review_action).values(row)).inserted_primary_key
    number = int(made[0]) if made is not None else 0
    trail.append(
        connection,
        actor=actor,
        action=f"review.{action}",
        resource=f"eval/{run_id}",
        body={"id": number, "case": key[0], "repeat": key[1], "body": digest(body)},
    )
    return ReviewAction(id=number, **row)
