"""Forget old traces: their spans go, what their calls add up to by day stays.

Traces of eval runs stay whole, for runs, and the gates that rest on them, name them. What is kept
of the others is said in ``tracing.day``. A batch is summed and deleted in one transaction: a
process that is killed between two of them has lost nothing and counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from llmops_magics.audit import trail
from llmops_magics.record import Record
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import span as span_table
from llmops_magics.storage.table import trace, trace_day
from llmops_magics.tracing.day import KEY, Key, merge_days, sum_days
from llmops_magics.tracing.period import drop_periods
from llmops_magics.tracing.summary_table import LOCK
from llmops_magics.tracing.trace import Span

_BATCH = 200
_NO_RUN = "[]"


@dataclass(frozen=True, kw_only=True)
class TracePrune(Record):
    """What was forgotten, or with ``dry_run`` would be. ``kept`` traces belong to eval runs.

    ``days`` counts the days whose calls were summed.
    """

    kind: ClassVar[str] = "trace-prune"

    before: str
    dry_run: bool
    traces: int
    spans: int
    kept: int
    days: int = 0


def prune(store: Store, before_ns: int, *, dry_run: bool, actor: str) -> TracePrune:
    """Forget the traces that ended before a moment, in Unix nanoseconds; audited."""
    old = trace.c.ended_ns < before_ns
    goes = and_(old, trace.c.runs == _NO_RUN)
    with store.read() as connection:
        traces, spans = _count(connection, goes)
        kept = _count(connection, old)[0] - traces
    days: set[str] = set()
    if not dry_run:
        traces = spans = 0
        while (batch := _prune_batch(store, goes)).traces:
            traces, spans, days = traces + batch.traces, spans + batch.spans, days | batch.days
    before = datetime.fromtimestamp(before_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    done = TracePrune(
        before=before, dry_run=dry_run, traces=traces, spans=spans, kept=kept, days=len(days)
    )
    if traces and not dry_run:
        with store.write(lock="audit") as connection:
            trail.append(
                connection,
                actor=actor,
                action="trace.prune",
                resource="traces",
                body=done.to_dict(),
            )
    return done


@dataclass(frozen=True)
class _Batch:
    traces: int
    spans: int
    days: set[str]


def _count(connection: Connection, condition: ColumnElement[bool]) -> tuple[int, int]:
    query = select(func.count(), func.coalesce(func.sum(trace.c.span_count), 0)).where(condition)
    traces, spans = connection.execute(query).one()
    return int(traces), int(spans)


def _prune_batch(store: Store, condition: ColumnElement[bool]) -> _Batch:
    with store.write(lock=LOCK) as connection:
        query = select(trace.c.trace_id, trace.c.notebook).where(condition).limit(_BATCH)
        notebooks: dict[str, str] = {row[0]: row[1] for row in connection.execute(query)}
        mine = span_table.c.trace_id.in_(notebooks)
        rows = connection.execute(select(span_table).where(mine)).mappings()
        old = [Span(**row) for row in rows]
        sums = sum_days(old, notebooks)
        for key, body in sums.items():
            _add_day(connection, key, body)
        drop_periods(connection, (span.started_ns for span in old))
        spans = connection.execute(delete(span_table).where(mine)).rowcount
        connection.execute(delete(trace).where(trace.c.trace_id.in_(notebooks)))
    return _Batch(len(notebooks), spans, {day for day, *_ in sums})


def _add_day(connection: Connection, key: Key, body: Mapping[str, Any]) -> None:
    place = and_(*(trace_day.c[name] == value for name, value in zip(KEY, key, strict=True)))
    there = connection.execute(select(trace_day.c.body).where(place)).scalar()
    if there is None:
        row = dict(zip(KEY, key, strict=True)) | {"body": dict(body)}
        connection.execute(insert(trace_day), row)
    else:
        connection.execute(update(trace_day).where(place).values(body=merge_days(there, body)))
