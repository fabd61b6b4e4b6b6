"""Find events of the trail, the newest first, without reading all of it.

Every filter has an index, so that a look at one resource takes milliseconds among millions of
events. A resource that names no version finds all of its versions and environments; an action
finds those under it (``release`` finds ``release.promote``): each of them is read in the order of
its index and the newest of all are taken, for a database would sort every event first. Times are
turned into the range of numbers that they cover.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import Any, ClassVar

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from llmops_magics.audit.erasure import pseudonyms_of
from llmops_magics.audit.event import AuditEvent
from llmops_magics.record import Record
from llmops_magics.storage.table import audit_event

DEFAULT_LIMIT = 50
_AT_ONCE = 2_000
_MOST_ACTIONS = 300
_LAST = "\U0010ffff"
_ALL = select(audit_event)


@dataclass(frozen=True, kw_only=True)
class AuditSearch:
    """Which events are meant; what is empty says nothing. Times are RFC 3339 in UTC.

    ``since`` is the first moment that counts, ``until`` the first that does not.
    """

    resource: str = ""
    actor: str = ""
    action: str = ""
    since: str = ""
    until: str = ""

    @property
    def words(self) -> dict[str, str]:
        """The filters that say something, by name."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True, kw_only=True)
class AuditLog(Record):
    """Events that were found, the newest first; ``has_more`` says that older ones were left out.

    ``newest_seq`` is the last number of the whole trail.
    """

    kind: ClassVar[str] = "audit-log"

    search: AuditSearch
    events: tuple[AuditEvent, ...]
    has_more: bool = False
    newest_seq: int = 0


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many events there are of something, when the first and last were, and some of them."""

    count: int = 0
    first: str = ""
    last: str = ""
    examples: tuple[int, ...] = ()  # numbers of the newest, descending


def find_events(
    connection: Connection, search: AuditSearch, *, limit: int = DEFAULT_LIMIT
) -> AuditLog:
    """Return at most ``limit`` events, the newest first."""
    found = _newest(connection, search, limit + 1)
    newest = connection.execute(select(func.max(audit_event.c.seq))).scalar()
    return AuditLog(
        search=search,
        events=tuple(found[:limit]),
        has_more=len(found) > limit,
        newest_seq=newest or 0,
    )


def _newest(connection: Connection, search: AuditSearch, limit: int) -> list[AuditEvent]:
    rest = _conditions(connection, replace(search, action=""))
    found: list[AuditEvent] = []
    for action in _action_conditions(connection, search):
        query = _ALL.where(*rest, *action).order_by(audit_event.c.seq.desc()).limit(limit)
        found += [AuditEvent(**row) for row in connection.execute(query).mappings()]
    return nlargest(limit, found, key=lambda event: event.seq)


def _action_conditions(
    connection: Connection, search: AuditSearch
) -> list[list[ColumnElement[bool]]]:
    """Return the conditions of as many queries, each answered by an index in order."""
    action, wanted = audit_event.c.action, search.action
    if not wanted:
        return [[]]
    if search.resource or search.actor:  # their index finds fewer: that of actions is left alone
        return [[_itself_or_under(connection, action.concat(""), wanted, ".")]]
    there = [] if _is_whole(wanted, ".") else _actions(connection)
    if not 0 < len(there) <= _MOST_ACTIONS:
        return [[_itself_or_under(connection, action, wanted, ".")]]
    stem = f"{wanted.rstrip('.')}."
    return [[action == each] for each in there if each == wanted or each.startswith(stem)]


def _actions(connection: Connection) -> list[str]:
    """Return the actions that are there, each by a step in the index; of many, the first."""
    action = audit_event.c.action
    next_one = select(func.min(action))
    found: list[str] = []
    name = connection.execute(next_one).scalar()
    while name is not None and len(found) <= _MOST_ACTIONS:
        found.append(name)
        name = connection.execute(next_one.where(action > name)).scalar()
    return found


def event_at(connection: Connection, seq: int) -> AuditEvent | None:
    """Return the event of a number, None where there is none."""
    row = connection.execute(_ALL.where(audit_event.c.seq == seq)).mappings().first()
    return AuditEvent(**row) if row else None


def stream_events(connection: Connection, search: AuditSearch) -> Iterator[AuditEvent]:
    """Yield the events that are meant, the oldest first, in bounded memory."""
    query = _ALL.where(*_conditions(connection, search)).order_by(audit_event.c.seq)
    result = connection.execute(query.execution_options(yield_per=_AT_ONCE))
    for row in result.mappings():
        yield AuditEvent(**row)


def tally(
    connection: Connection, actions: Sequence[str], search: AuditSearch, *, examples: int = 3
) -> Tally:
    """Count the events of any of these actions; each may name all under it.

    Sums are made of an index alone: times are read of the first and the last event only.
    """
    counted = [
        _tally_of(connection, replace(search, action=action), examples) for action in actions
    ]
    there = [each for each in counted if each.count]
    seqs = sorted((seq for each in there for seq in each.examples), reverse=True)
    return Tally(
        count=sum(each.count for each in there),
        first=min((each.first for each in there), default=""),
        last=max((each.last for each in there), default=""),
        examples=tuple(seqs[:examples]),
    )


def _tally_of(connection: Connection, search: AuditSearch, examples: int) -> Tally:
    seq = audit_event.c.seq
    conditions = _conditions(connection, search)
    query = select(func.count(), func.min(seq), func.max(seq)).where(*conditions)
    count, first, last = connection.execute(query).one()
    if not count:
        return Tally()
    newest = select(seq).where(*conditions).order_by(seq.desc()).limit(examples)
    time_of = select(audit_event.c.time)
    return Tally(
        count=count,
        first=str(connection.execute(time_of.where(seq == first)).scalar()),
        last=str(connection.execute(time_of.where(seq == last)).scalar()),
        examples=tuple(connection.execute(newest).scalars()),
    )


def _conditions(connection: Connection, search: AuditSearch) -> list[ColumnElement[bool]]:
    table = audit_event.c
    found: list[ColumnElement[bool]] = []
    if search.resource:
        found.append(_itself_or_under(connection, table.resource, search.resource, "@"))
    if search.actor:
        found.append(table.actor.in_([search.actor, *pseudonyms_of(connection, search.actor)]))
    if search.action:
        found.append(_itself_or_under(connection, table.action, search.action, "."))
    return [*found, *_time_conditions(connection, search)]


def _time_conditions(connection: Connection, search: AuditSearch) -> list[ColumnElement[bool]]:
    """Bound times, and the numbers that they cover: every index holds those, and none the time."""
    time, seq = audit_event.c.time, audit_event.c.seq
    bounds = [time >= search.since] if search.since else []
    later = select(seq).where(time >= search.until).limit(1)
    if search.until and connection.execute(later).first() is not None:
        bounds.append(time < search.until)
    if not bounds:
        return []
    first, last = connection.execute(select(func.min(seq), func.max(seq)).where(*bounds)).one()
    return [*bounds, seq.between(first or 0, last or 0)]


def _is_whole(name: str, mark: str) -> bool:
    """Tell whether a name means itself alone: it has a mark inside."""
    return mark in name.rstrip(mark) and not name.endswith(mark)


def _itself_or_under(
    connection: Connection, column: ColumnElement[Any], name: str, mark: str
) -> ColumnElement[bool]:
    """``prompt`` means ``prompt`` and ``prompt.…``, ``prompt.`` the latter alone."""
    if _is_whole(name, mark):
        return column == name
    stem = f"{name.rstrip(mark)}{mark}"
    if connection.dialect.name == "sqlite":  # a range: LIKE would not use the index
        under: ColumnElement[bool] = column.between(stem, stem + _LAST)
    else:
        under = column.startswith(stem, autoescape=True)
    return under if name.endswith(mark) else or_(column == name, under)
