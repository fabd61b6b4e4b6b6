"""Append events to the hash chain, and verify it.

An event is appended inside the transaction of the change it tells of, so that neither can be
there without the other. Each event's hash covers the one before: changing, dropping or moving an
event breaks every hash after it. (Whoever owns the file can still rewrite the whole chain or cut
its tail; only a head kept elsewhere shows that.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, insert, select, text

from llmops_magics.record import Record, digest, format_time, to_jsonable, utc_now
from llmops_magics.redaction import redact_value
from llmops_magics.storage.table import audit_event

GENESIS = "sha256:" + "0" * 64
_LAST = select(audit_event.c.seq, audit_event.c.hash).order_by(audit_event.c.seq.desc()).limit(1)
_INSERT = insert(audit_event)


@dataclass(frozen=True, kw_only=True)
class AuditEvent(Record):
    """Who did what to which resource, when, chained to the event before."""

    kind: ClassVar[str] = "audit-event"

    seq: int
    time: str
    actor: str
    action: str
    resource: str
    body: dict[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class AuditReport(Record):
    """What verification found; no problems means the chain holds from genesis to ``head``."""

    kind: ClassVar[str] = "audit-report"

    events: int
    head: str
    problems: tuple[str, ...]
    archives: int = 0


def append(
    connection: Connection, *, actor: str, action: str, resource: str, body: dict[str, Any]
) -> AuditEvent:
    """Add one event at the end of the chain, in the caller's write transaction."""
    if connection.dialect.name == "postgresql":  # SQLite's write lock is held already
        connection.execute(text("LOCK TABLE audit_event IN EXCLUSIVE MODE"))
    last = connection.execute(_LAST).first()
    # As JSON right away, so that what is stored is what was hashed.
    content = to_jsonable(
        {
            "seq": last.seq + 1 if last else 1,
            "time": format_time(utc_now()),
            "actor": actor,
            "action": action,
            "resource": resource,
            "body": redact_value(to_jsonable(body)),
            "previous": last.hash if last else GENESIS,
        }
    )
    event = AuditEvent(**content, hash=digest(content))
    connection.execute(_INSERT, {**content, "hash": event.hash})
    return event


def events(connection: Connection) -> Iterator[AuditEvent]:
    """Every event, oldest first."""
    for row in connection.execute(select(audit_event).order_by(audit_event.c.seq)).mappings():
        yield AuditEvent(**row)


def verify(connection: Connection, *, expected_head: str = "") -> AuditReport:
    """Recompute the chain. ``expected_head`` (kept elsewhere) also finds a cut tail."""
    previous, count, problems, heads = GENESIS, 0, [], {GENESIS}
    for event in events(connection):
        count += 1
        content = {k: v for k, v in event.to_dict().items() if k not in {"kind", "hash"}}
        if event.seq != count:
            problems.append(f"event {count} is missing (found {event.seq})")
            count = event.seq
        if event.previous != previous:
            problems.append(f"event {event.seq} does not follow the one before it")
        if digest(content) != event.hash:
            problems.append(f"event {event.seq} was changed: its hash is not its content's")
        previous = event.hash
        heads.add(previous)
    if expected_head and expected_head not in heads:
        problems.append(f"the expected head {expected_head} is not in the chain: its tail was cut")
    return AuditReport(events=count, head=previous, problems=tuple(problems))
