"""Forget old traces: their spans go, what their calls add up to by day stays.

Traces of eval runs stay whole, for runs, and the gates that rest on them, name them. So do those
that a legal hold covers, and those younger than traces are kept at least (``[audit] retention``).
What is kept of the others is said in ``tracing.day``. A batch is summed and deleted in one
transaction: a process that is killed between two of them has lost nothing and counts nothing twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    false,
    func,
    insert,
    not_,
    select,
    true,
    update,
)

from llmops_magics.audit import trail
from llmops_magics.audit.retention import holds, is_held
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
_RESOURCE = "traces"  # in the trail, and for a hold on all of them
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class TracePrune(Record):
    """What was forgotten, or with ``dry_run`` would be. ``kept`` traces belong to eval runs.

    ``held`` traces stay for a legal hold, ``young`` ones because traces are kept for ``keep_days``
    at least. ``days`` counts the days whose calls were summed.
    """

    kind: ClassVar[str] = "trace-prune"

    before: str
    dry_run: bool
    traces: int
    spans: int
    kept: int
    days: int = 0
    held: int = 0
    young: int = 0
    keep_days: float = 0.0


def prune(
    store: Store, before_ns: int, *, dry_run: bool, actor: str, keep: timedelta = timedelta(0)
) -> TracePrune:
    """Forget the traces that ended before a moment, in Unix nanoseconds; audited.

    None younger than ``keep`` goes, whatever the moment.
    """
    cut_ns = min(before_ns, _kept_since_ns(keep)) if keep else before_ns
    done = replace(_look(store, before_ns, cut_ns), dry_run=dry_run, keep_days=keep / _DAY)
    traces, spans, days = 0, 0, set[str]()
    if not dry_run:
        while (batch := _prune_batch(store, cut_ns)).traces:
            traces, spans, days = traces + batch.traces, spans + batch.spans, days | batch.days
        done = replace(done, traces=traces, spans=spans, days=len(days))
    if traces and not dry_run:
        with store.write(lock="audit") as connection:
            trail.append(
                connection,
                actor=actor,
                action="trace.prune",
                resource=_RESOURCE,
                body=done.to_dict(),
            )
    return done


def _kept_since_ns(keep: timedelta) -> int:
    return max(0, time.time_ns() - keep // timedelta(microseconds=1) * 1_000)


@dataclass(frozen=True)
class _Batch:
    traces: int
    spans: int
    days: set[str]


def _count(connection: Connection, condition: ColumnElement[bool]) -> tuple[int, int]:
    query = select(func.count(), func.coalesce(func.sum(trace.c.span_count), 0)).where(condition)
    traces, spans = connection.execute(query).one()
    return int(traces), int(spans)


def held_traces(connection: Connection, old: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that holds of traces that a legal hold covers, by their prompts.

    ``old`` says which traces are asked about. A hold on everything, or on ``traces``, covers all.
    """
    standing = holds(connection)
    if is_held(_RESOURCE, standing):
        return true()
    if not standing:
        return false()
    texts = connection.execute(select(trace.c.prompts).where(old).distinct()).scalars()
    named = (text for text in texts if any(is_held(ref, standing) for ref in json.loads(text)))
    return trace.c.prompts.in_(list(named))


def _look(store: Store, before_ns: int, cut_ns: int) -> TracePrune:
    """Count what would go, and what stays for which reason."""
    with store.read() as connection:
        old = trace.c.ended_ns < cut_ns
        asked = and_(trace.c.ended_ns < before_ns, trace.c.runs == _NO_RUN)
        held = held_traces(connection, trace.c.ended_ns < before_ns)
        traces, spans = _count(connection, and_(asked, old, not_(held)))
        return TracePrune(
            before=datetime.fromtimestamp(before_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            dry_run=True,
            traces=traces,
            spans=spans,
            kept=_count(connection, and_(old, trace.c.runs != _NO_RUN))[0],
            held=_count(connection, and_(asked, held))[0],
            young=_count(connection, and_(asked, not_(old), not_(held)))[0],
        )


def _prune_batch(store: Store, cut_ns: int) -> _Batch:
    """Forget a few; holds are looked at again in the transaction that deletes."""
    with store.write(lock=LOCK) as connection:
        trail.lock(connection)
        asked = and_(trace.c.ended_ns < cut_ns, trace.c.runs == _NO_RUN)
        goes = and_(asked, not_(held_traces(connection, asked)))
        query = select(trace.c.trace_id, trace.c.notebook).where(goes).limit(_BATCH)
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
