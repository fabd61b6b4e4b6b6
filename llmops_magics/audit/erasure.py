"""Personal data in the trail that can be erased, while the chain still verifies.

The trail holds what somebody's name or words were sealed to; without the key that is nothing. So
erasing a person is forgetting their key, and no event changes. A sealed value reads
``sealed:person-1f0c…:…``; shown, it is the value again, or ``(erased)``. The hashes are of what is
sealed.

What stays: that somebody, the same person each time, did it. Copies of the store from before still
hold the wrapped key; they are useless without the master key.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, or_, select, update

from llmops_magics.audit import subject as subjects
from llmops_magics.audit import trail
from llmops_magics.audit.event import AuditEvent
from llmops_magics.audit.subject import MASTER, Subject
from llmops_magics.errors import AuditError
from llmops_magics.record import Record, format_time, utc_now
from llmops_magics.storage.table import audit_subject

ERASED: Final = "(erased)"
LOCKED: Final = "(sealed)"  # the master key is not here
_SEALED: Final = re.compile(r"sealed:(person-[0-9a-f]{12}):([a-z2-7]{8,})")
_PERSON: Final = re.compile(r"person-[0-9a-f]{12}")
_HIDDEN: Final = re.compile(f"{_SEALED.pattern}|{_PERSON.pattern}")
# What a body says under these names is somebody's words, or is somebody.
_WORDS: Final = frozenset({"reason", "note", "remark", "comment"})
_PEOPLE: Final = frozenset({"owner", "author", "approver", "reviewer", "reporter", "by"})


@dataclass(frozen=True, kw_only=True)
class Erasure(Record):
    """A person whose values nobody can read any more."""

    kind: ClassVar[str] = "audit-erasure"

    subject: str
    reason: str
    erased_at: str
    seq: int


def pseudonym(connection: Connection, name: str) -> str:
    """Return what the trail calls a person, in a write transaction."""
    trail.lock(connection)
    return subjects.subject_of(connection, name).id


def seal_value(connection: Connection, subject: str, value: str) -> str:
    """Seal a value as a person's (by name), in a write transaction: ``sealed:person-…:…``."""
    trail.lock(connection)
    return _seal(subjects.subject_of(connection, subject), value)


def seal_event(
    connection: Connection, actor: str, body: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return actor and body without names and the actor's words, which are sealed.

    Names are the actor's wherever it stands, and whatever stands under a name such as ``author``.
    """
    if _PERSON.fullmatch(actor):
        return actor, body
    who = subjects.subject_of(connection, actor)

    def without(key: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {each: without(each, inner) for each, inner in value.items()}
        if isinstance(value, list):
            return [without(key, inner) for inner in value]
        if not isinstance(value, str) or not value or _HIDDEN.fullmatch(value):
            return value
        if value == who.name:
            return who.id
        if key in _PEOPLE:
            return subjects.subject_of(connection, value).id
        return _seal(who, value) if key in _WORDS else value

    return who.id, {key: without(key, value) for key, value in body.items()}


def _seal(who: Subject, value: str) -> str:
    content = value.encode("utf-8", "surrogatepass")
    return f"sealed:{who.id}:{subjects.encrypt(who.key, content, f'{who.id}/value')}"


class Names:
    """Reads events as people do: names for pseudonyms, values for what is sealed.

    For one connection; a person is looked up once.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, Subject | str] = {}

    def event(self, event: AuditEvent) -> AuditEvent:
        """Return an event to show. It is not what was hashed."""
        return replace(event, actor=self.actor(event.actor), body=self.value(event.body))

    def actor(self, actor: str) -> str:
        """Return a person's name; ``(erased)``, or the pseudonym where the key is not here."""
        if not _PERSON.fullmatch(actor):
            return actor
        found = self._subject(actor)
        if isinstance(found, Subject):
            return found.name
        return f"{actor} {found}"

    def value(self, value: Any) -> Any:
        """Return a value of a body with what is sealed in it opened."""
        if isinstance(value, Mapping):
            return {key: self.value(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        if not isinstance(value, str):
            return value
        sealed = _SEALED.fullmatch(value)
        return self._opened(sealed) if sealed else self.actor(value)

    def _opened(self, sealed: re.Match[str]) -> str:
        who = self._subject(sealed[1])
        if isinstance(who, str):
            return who
        try:
            content = subjects.decrypt(who.key, sealed[2], f"{who.id}/value")
        except AuditError:
            return LOCKED
        return content.decode("utf-8", "surrogatepass")

    def _subject(self, pseudonym: str) -> Subject | str:
        """Return somebody, or what is shown in their stead."""
        if pseudonym not in self._known:
            query = select(audit_subject).where(audit_subject.c.subject == pseudonym)
            row = self._connection.execute(query).first()
            self._known[pseudonym] = _shown(row) if row is not None else LOCKED
        return self._known[pseudonym]


def _shown(row: Any) -> Subject | str:
    try:
        return subjects.opened(row) or ERASED
    except AuditError:
        return LOCKED


def pseudonyms_of(connection: Connection, name: str) -> tuple[str, ...]:
    """Return what the trail calls a person now, for a search by name; nothing where it is plain."""
    if _PERSON.fullmatch(name):
        return (name,)
    try:
        lookup = subjects.lookup_of(MASTER.read(make=False), name)
    except AuditError:
        return ()
    query = select(audit_subject.c.subject).where(audit_subject.c.lookup == lookup)
    return tuple(connection.execute(query).scalars())


def erase(connection: Connection, subject: str, reason: str, *, actor: str) -> Erasure:
    """Forget a person's key, in a write transaction; ``subject`` is a name or a pseudonym.

    Written to the trail as ``audit.erase``. If they act again, they are somebody else there.
    Raises ``AuditError`` for nobody, or for somebody who was erased.
    """
    trail.lock(connection)
    wanted = [audit_subject.c.subject == each for each in pseudonyms_of(connection, subject)]
    row = connection.execute(select(audit_subject).where(or_(*wanted))).first() if wanted else None
    if row is None or row.key is None:
        raise AuditError(
            "the trail holds nothing sealed of this person.",
            hint='With `[audit] actors = "sealed"` it seals names from then on.',
        )
    if connection.dialect.name == "sqlite":  # what the page held before is overwritten
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    at = format_time(utc_now())
    gone = {"key": None, "name": "", "lookup": secrets.token_hex(32), "erased_at": at}
    where = audit_subject.c.subject == row.subject
    connection.execute(update(audit_subject).where(where).values(gone))
    by = row.subject if actor in {subject, _name_of(row)} else actor
    event = trail.append(
        connection,
        actor=by,
        action="audit.erase",
        resource=row.subject,
        body={},
        reason=reason,
    )
    return Erasure(subject=row.subject, reason=reason, erased_at=at, seq=event.seq)


def _name_of(row: Any) -> str:
    shown = _shown(row)
    return shown.name if isinstance(shown, Subject) else ""
