"""How long records are kept at least, and what nobody may delete: legal holds.

What may go is by class: dossiers, traces. Events of the trail are never cut; what was sealed in
them can be erased (``erasure``). A hold is an event, and so is its end; while one covers a
resource nothing of it goes, however old. Each thing deleted leaves a tombstone in the trail: what
it was, by digest, and by which rule it went.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import ClassVar, Final, Literal, TypeAlias

from sqlalchemy import Connection, select

from llmops_magics.audit import trail
from llmops_magics.audit.erasure import Names
from llmops_magics.audit.event import AuditEvent
from llmops_magics.errors import AuditError
from llmops_magics.record import Record, format_time
from llmops_magics.storage.table import audit_event

HOLD: Final = "audit.hold"
UNHOLD: Final = "audit.unhold"
TOMBSTONE: Final = "audit.tombstone"
EVERYTHING: Final = "*"
RecordClass: TypeAlias = Literal["dossiers", "traces"]


@dataclass(frozen=True, kw_only=True)
class Hold(Record):
    """Nothing of ``resource`` (a pattern such as ``support/*``) may go, since event ``seq``.

    ``ended`` is whether this is its end.
    """

    kind: ClassVar[str] = "legal-hold"

    resource: str
    reason: str
    actor: str
    since: str
    seq: int
    ended: bool = False


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Something that is kept: what it belongs to, its digest, and since when."""

    id: str
    resource: str
    digest: str
    since: str


@dataclass(frozen=True, kw_only=True)
class ClassRetention(Record):
    """One class of records: how many there are, and which of them may go now.

    ``keep_days`` is how long they are kept at least, ``held`` how many are old enough and stay
    for a legal hold.
    """

    kind: ClassVar[str] = "class-retention"

    name: str
    keep_days: float
    total: int
    oldest: str
    held: int
    expired: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RetentionReport(Record):
    """What is kept by class, what may go, and what is held; ``deleted`` is what went now."""

    kind: ClassVar[str] = "retention-report"

    at: str
    classes: tuple[ClassRetention, ...]
    holds: tuple[Hold, ...]
    events: int
    deleted: tuple[str, ...] = field(default=())


def hold(connection: Connection, resource: str, reason: str, *, actor: str) -> Hold:
    """Let nothing of a resource go, in a write transaction; ``*`` is everything."""
    _refuse_blank(resource, reason)
    trail.lock(connection)
    if any(each.resource == resource for each in holds(connection)):
        raise AuditError(f"{resource!r} is held already.")
    made = trail.append(
        connection, actor=actor, action=HOLD, resource=resource, body={}, reason=reason
    )
    return _hold(Names(connection).event(made))


def unhold(connection: Connection, resource: str, reason: str, *, actor: str) -> Hold:
    """End a hold, in a write transaction; ``AuditError`` where there is none."""
    _refuse_blank(resource, reason)
    trail.lock(connection)
    found = next((each for each in holds(connection) if each.resource == resource), None)
    if found is None:
        raise AuditError(f"{resource!r} is not held.")
    trail.append(
        connection,
        actor=actor,
        action=UNHOLD,
        resource=resource,
        body={"hold": found.seq},
        reason=reason,
    )
    return replace(found, ended=True)


def holds(connection: Connection) -> tuple[Hold, ...]:
    """Return the holds that have not ended, the oldest first."""
    wanted = audit_event.c.action.in_((HOLD, UNHOLD))
    standing: dict[str, Hold] = {}
    names = Names(connection)
    query = select(audit_event).where(wanted).order_by(audit_event.c.seq)
    for row in connection.execute(query).mappings():
        event = AuditEvent(**row)
        if event.action == HOLD:
            standing[event.resource] = _hold(names.event(event))
        else:
            standing.pop(event.resource, None)
    return tuple(standing.values())


def is_held(resource: str, standing: Iterable[Hold]) -> bool:
    """Tell whether a hold covers a resource.

    One on a prompt covers its versions. One on a version or an environment covers the whole
    prompt: records belong to prompts, and rather too much is kept than too little.
    """
    names = {resource, resource.partition("@")[0]}
    patterns = {p for each in standing for p in (each.resource, each.resource.partition("@")[0])}
    return any(p in {*names, EVERYTHING} or fnmatchcase(n, p) for p in patterns for n in names)


def due(
    name: RecordClass,
    kept: Iterable[Kept],
    keep: timedelta,
    standing: Iterable[Hold],
    *,
    now: datetime,
) -> tuple[ClassRetention, tuple[Kept, ...]]:
    """Return what there is of one class, and what of it may go."""
    everything, standing = list(kept), tuple(standing)
    before = format_time(now - keep)
    old = [each for each in everything if each.since < before]
    free = tuple(each for each in old if not is_held(each.resource, standing))
    return (
        ClassRetention(
            name=name,
            keep_days=keep / timedelta(days=1),
            total=len(everything),
            oldest=min((each.since for each in everything), default=""),
            held=len(old) - len(free),
            expired=tuple(each.id for each in free),
        ),
        free,
    )


def tombstone(
    connection: Connection, name: RecordClass, gone: Kept, keep: timedelta, *, actor: str
) -> AuditEvent:
    """Say in the trail that something is deleted, before it is: in a write transaction.

    One that is there already is returned: whoever wrote it was stopped before deleting. Raises
    ``AuditError`` if a hold covers it by now.
    """
    trail.lock(connection)
    if is_held(gone.resource, holds(connection)):
        raise AuditError(f"{gone.id} of {gone.resource!r} is held: it may not be deleted.")
    event = audit_event.c
    query = select(audit_event).where(
        event.action == TOMBSTONE,
        event.resource == gone.resource,
        event.body["id"].as_string() == gone.id,
        event.body["class"].as_string() == name,
    )
    there = connection.execute(query.limit(1)).mappings().first()
    if there is not None:
        return AuditEvent(**there)
    return trail.append(
        connection,
        actor=actor,
        action=TOMBSTONE,
        resource=gone.resource,
        body={"class": name, "id": gone.id, "since": gone.since, "keep_days": keep.days},
        evidence=[gone.digest] if gone.digest else [],
    )


def _hold(event: AuditEvent) -> Hold:
    return Hold(
        resource=event.resource,
        reason=str(event.body.get("reason", "")),
        actor=event.actor,
        since=event.time,
        seq=event.seq,
    )


def _refuse_blank(resource: str, reason: str) -> None:
    if not resource.strip() or not reason.strip():
        raise AuditError("a hold is of something, and for a reason.", hint="Add --reason TEXT.")
