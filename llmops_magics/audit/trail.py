"""Append events to the hash chain, and read them.

An event is appended inside the transaction of the change it tells of, so that neither can be
there without the other. Each event's hash covers the one before: changing, dropping or moving an
event breaks every hash after it. Triggers refuse any other change, and any event that does not
follow the last. (Whoever owns the file can still drop the triggers and rewrite the whole chain,
or cut its tail; only a signed head that is kept elsewhere shows that: ``checkpoint``.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, insert, select, text

from llmops_magics.audit.event import GENESIS, AuditEvent
from llmops_magics.audit.verification import AuditReport, SignedHead, verify
from llmops_magics.record import digest, format_time, to_jsonable, utc_now
from llmops_magics.redaction import redact_value
from llmops_magics.storage.table import audit_event

__all__ = [
    "GENESIS",
    "AuditEvent",
    "AuditReport",
    "SignedHead",
    "append",
    "events",
    "head",
    "lock",
    "verify",
]
SEALED: Final = "llmops_sealed_actors"  # the option of a connection whose trail names nobody
_BATCH: Final = 2_000
_LAST = select(audit_event.c.seq, audit_event.c.hash).order_by(audit_event.c.seq.desc()).limit(1)
_INSERT = insert(audit_event)


def append(
    connection: Connection,
    *,
    actor: str,
    action: str,
    resource: str,
    body: dict[str, Any],
    before: object = None,
    after: object = None,
    reason: str = "",
    evidence: Sequence[str] = (),
) -> AuditEvent:
    """Add one event at the end of the chain, in the caller's write transaction.

    ``before``, ``after``, ``reason`` and ``evidence`` go into the body where they are given. The
    body is masked; where the trail names nobody (``[audit] actors``) the actor is a pseudonym.
    """
    lock(connection)
    said = {"before": before, "after": after, "reason": reason, "evidence": list(evidence)}
    whole = {**body, **{name: value for name, value in said.items() if value}}
    masked = redact_value(to_jsonable(whole))
    if connection.get_execution_options().get(SEALED):
        from llmops_magics.audit.erasure import seal_event

        actor, masked = seal_event(connection, actor, masked)
    last = head(connection)
    # As JSON right away, so that what is stored is what was hashed.
    content = to_jsonable(
        {
            "seq": last[0] + 1,
            "time": format_time(utc_now()),
            "actor": actor,
            "action": action,
            "resource": resource,
            "body": masked,
            "previous": last[1],
        }
    )
    event = AuditEvent(**content, hash=digest(content))
    connection.execute(_INSERT, {**content, "hash": event.hash})
    return event


def lock(connection: Connection) -> None:
    """Let nobody else append until this transaction ends."""
    if connection.dialect.name == "postgresql":  # SQLite's write lock is held already
        connection.execute(text("LOCK TABLE audit_event IN EXCLUSIVE MODE"))


def head(connection: Connection) -> tuple[int, str]:
    """Return the number of the last event and its hash; ``(0, GENESIS)`` of an empty trail."""
    last = connection.execute(_LAST).first()
    return (last.seq, last.hash) if last else (0, GENESIS)


def events(connection: Connection) -> Iterator[AuditEvent]:
    """Every event, oldest first, a batch in memory."""
    query = select(audit_event).order_by(audit_event.c.seq)
    for row in connection.execute(query, execution_options={"yield_per": _BATCH}).mappings():
        yield AuditEvent(**row)
