"""Whole hours and days (UTC) in which spans began, and which sums of them a change makes untrue.

The sums of a period are kept in the table ``call_period`` (``tracing.past``). Whoever stores or
forgets a span drops those of its hour and its day in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select

from llmops_magics.storage.query import Query, reader_of
from llmops_magics.storage.table import call_period, span

HOUR_NS: Final = 3600 * 10**9
DAY_NS: Final = 24 * HOUR_NS
_CHUNK = 400  # bound values a statement
_MOST_HOURS = 24 * 31  # a trace that is longer is a clock's fault: all is dropped
_FIRST = Query(
    select(func.min(span.c.started_ns)).where(
        span.c.started_ns >= bindparam("since"), span.c.started_ns < bindparam("before")
    )
)
_DROP = delete(call_period).where(call_period.c.period.in_(bindparam("periods", expanding=True)))


class Period(NamedTuple):
    """An hour (``2030-03-17T17``) or a day (``2030-03-17``), to before ``end_ns``."""

    name: str
    start_ns: int
    end_ns: int


def whole_periods(connection: Connection, start_ns: int, end_ns: int) -> Iterator[Period]:
    """Yield the days, else hours, that lie between two moments whole and have spans, in order."""
    reader = reader_of(connection)
    next_ns = -(-max(start_ns, 0) // HOUR_NS) * HOUR_NS
    first_day_ns = -(-next_ns // DAY_NS) * DAY_NS
    while True:
        found = reader.rows(_FIRST, since=next_ns, before=end_ns)[0][0]
        if found is None:
            return
        day_ns = found // DAY_NS * DAY_NS
        is_day = first_day_ns <= day_ns and day_ns + DAY_NS <= end_ns
        size = DAY_NS if is_day else HOUR_NS
        begin = found // size * size
        if begin + size > end_ns:
            return
        yield Period(_name(begin, is_day=is_day), begin, begin + size)
        next_ns = begin + size


def drop_periods(connection: Connection, started_ns: Iterable[int]) -> None:
    """Drop the sums of the hours and days in which spans began."""
    hours = {moment // HOUR_NS * HOUR_NS for moment in started_ns}
    names = {_name(hour, is_day=is_day) for hour in hours for is_day in (False, True)}
    drop_named(connection, names)


def drop_between(connection: Connection, start_ns: int, end_ns: int) -> None:
    """Drop the sums of every hour and day that a stretch of time touches."""
    hours = range(start_ns // HOUR_NS, end_ns // HOUR_NS + 1)
    if len(hours) > _MOST_HOURS:
        connection.execute(delete(call_period))
        return
    drop_periods(connection, (hour * HOUR_NS for hour in hours))


def drop_named(connection: Connection, names: Iterable[str]) -> None:
    """Drop the sums of the periods of these names."""
    found = sorted(names)
    for start in range(0, len(found), _CHUNK):
        connection.execute(_DROP, {"periods": found[start : start + _CHUNK]})


def _name(start_ns: int, *, is_day: bool) -> str:
    moment = datetime.fromtimestamp(max(start_ns, 0) // 10**9, UTC)
    return moment.strftime("%Y-%m-%d" if is_day else "%Y-%m-%dT%H")
