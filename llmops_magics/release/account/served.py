"""What versions have done since they were released: their calls, counted from the stored spans.

Spans are read while there are not too many; beyond that, and where traces were pruned, the sums
that cost reports keep stand in, which know no errors and do not tell evals apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Float, and_, case, cast, func, select
from sqlalchemy.sql.elements import ColumnElement

from llmops_magics.cost.report_reader import added_up
from llmops_magics.record import format_time, parse_time
from llmops_magics.release.account.record import ServedCalls
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import span
from llmops_magics.tracing import semconv
from llmops_magics.tracing.day import pruned_days
from llmops_magics.tracing.failure import NEVER_SENT
from llmops_magics.tracing.past import LATEST_NS

MAX_SPANS = 100_000  # about half a second
ROLLOUT = "llmops.release.rollout"


def served_calls(
    store: Store, versions: Sequence[str], since: str, until: str
) -> tuple[ServedCalls, ...]:
    """Return what is recorded of each version's calls from ``since`` to ``until`` (RFC 3339)."""
    start_ns, end_ns = (_ns(moment) for moment in (since, until))
    with store.read() as connection:
        within = (span.c.started_ns >= start_ns, span.c.started_ns < end_ns)
        count = connection.execute(select(func.count()).select_from(span).where(*within)).scalar()
        is_pruned = next(iter(pruned_days(connection, start_ns)), None) is not None
        if (count or 0) <= MAX_SPANS and not is_pruned:
            return _from_spans(connection, versions, within)
    return _from_sums(store, versions, start_ns, since)


def _from_spans(
    connection: Connection, versions: Sequence[str], within: tuple[ColumnElement[bool], ...]
) -> tuple[ServedCalls, ...]:
    calls = _calls(connection, versions, within)
    is_error = case((calls.c.status == "error", 1), else_=0)
    cost = calls.c.cost
    query = select(
        calls.c.ref,
        func.count(),
        func.count(calls.c.rollout),
        func.sum(is_error),
        func.sum(func.coalesce(cost, 0.0)),
        func.sum(case((and_(cost.is_(None), is_error == 0), 1), else_=0)),
        func.min(calls.c.started_ns),
        func.max(calls.c.started_ns),
    ).group_by(calls.c.ref)
    found = {row[0]: row[1:] for row in connection.execute(query)}
    return tuple(_row(ref, found.get(ref)) for ref in versions)


def _calls(
    connection: Connection, versions: Sequence[str], within: tuple[ColumnElement[bool], ...]
) -> Any:
    """Each call with what is counted of it; the subquery keeps SQLite from parsing JSON twice."""
    error = _text(semconv.ERROR_TYPE)
    number = _text(semconv.COST_USD)
    digits = number.op("~")(r"^\d") if connection.dialect.name == "postgresql" else None
    is_number = number.op("GLOB")("[0-9]*") if digits is None else digits
    query = select(
        _text(semconv.PROMPT_REF).label("ref"),
        _text(ROLLOUT).label("rollout"),
        span.c.status,
        span.c.started_ns,
        case((is_number, cast(number, Float)), else_=None).label("cost"),
    ).where(
        *within,
        _text(semconv.PROMPT_REF).in_(sorted(set(versions))),
        _text(semconv.RUN_ID).is_(None),
        _text(semconv.OPERATION).in_(sorted(semconv.MODEL_OPERATIONS)),
        func.coalesce(error, "").not_in(sorted(NEVER_SENT)),
    )
    return query.offset(0).subquery("call")


def _row(ref: str, figures: Any) -> ServedCalls:
    calls, released, errors, cost, unpriced, first, last = figures or (0, 0, 0, 0, 0, None, None)
    return ServedCalls(
        ref=ref,
        calls=int(calls),
        released=int(released),
        errors=int(errors),
        cost_usd=round(Decimal(str(cost)), 9).normalize() if cost else Decimal(0),
        unpriced_calls=int(unpriced),
        first=_moment(first),
        last=_moment(last),
    )


def _from_sums(
    store: Store, versions: Sequence[str], start_ns: int, since: str
) -> tuple[ServedCalls, ...]:
    names = {ref.partition("@")[0] for ref in versions}
    rows = {
        row.key: row
        for name in sorted(names)
        for row in added_up(store, "version", start_ns, scope=("prompt", name))
    }
    return tuple(
        ServedCalls(
            ref=ref,
            calls=row.calls if (row := rows.get(ref)) else 0,
            released=None,
            errors=None,
            cost_usd=row.cost_usd if row else Decimal(0),
            unpriced_calls=row.unpriced_calls if row else 0,
            first=since if row else "",
            last="",
        )
        for ref in versions
    )


def _text(name: str) -> ColumnElement[Any]:
    found: ColumnElement[Any] = span.c.attributes[name].as_string()
    return found


def _ns(moment: str) -> int:
    return min(round(parse_time(moment).timestamp() * 1e6) * 1000, LATEST_NS)


def _moment(started_ns: int | None) -> str:
    from datetime import UTC, datetime

    return format_time(datetime.fromtimestamp(started_ns / 1e9, UTC)) if started_ns else ""
