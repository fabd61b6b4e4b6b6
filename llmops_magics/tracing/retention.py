"""Forget old traces: their spans go, what their calls add up to by day stays.

Traces of eval runs stay whole, for runs, and the gates that rest on them, name them. The sums are
kept by day (UTC), model, prompt and notebook in the table ``trace_day``: counts, tokens, cost,
failures by class, and latencies in a histogram whose buckets grow by a tenth, so that a percentile
of an old day is known to within 5%. A batch is summed and deleted in one transaction: a process
that is killed between two of them has lost nothing and counts nothing twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from llmops_magics.audit import trail
from llmops_magics.record import Record
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import span as span_table
from llmops_magics.storage.table import trace, trace_day
from llmops_magics.tracing import semconv
from llmops_magics.tracing.failure import failure_of
from llmops_magics.tracing.summary_table import LOCK
from llmops_magics.tracing.trace import Span

GROWTH = 1.1  # from one bucket of latency to the next
_BATCH = 200
_NAME_CHARS = 300
_NO_RUN = "[]"
Key = tuple[str, str, str, str]  # day, model, prompt, notebook


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
        sums = sum_days((Span(**row) for row in rows), notebooks)
        for key, body in sums.items():
            _add_day(connection, key, body)
        spans = connection.execute(delete(span_table).where(mine)).rowcount
        connection.execute(delete(trace).where(trace.c.trace_id.in_(notebooks)))
    return _Batch(len(notebooks), spans, {day for day, *_ in sums})


def sum_days(spans: Iterable[Span], notebooks: Mapping[str, str]) -> dict[Key, dict[str, Any]]:
    """Add up the model calls among spans; ``notebooks`` names that of each trace."""
    sums: dict[Key, dict[str, Any]] = {}
    for span in spans:
        attributes = span.attributes
        if attributes.get(semconv.OPERATION) not in semconv.MODEL_OPERATIONS:
            continue
        day = datetime.fromtimestamp(span.started_ns / 1e9, UTC).strftime("%Y-%m-%d")
        key = (
            day,
            str(attributes.get(semconv.REQUEST_MODEL) or "")[:_NAME_CHARS],
            str(attributes.get(semconv.PROMPT_REF) or "")[:_NAME_CHARS],
            notebooks.get(span.trace_id, ""),
        )
        body = _of_call(span)
        sums[key] = merge_days(sums[key], body) if key in sums else body
    return sums


def merge_days(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Add two sums up: numbers, counts by name, and the cost, which is decimal text."""
    return {
        name: _plus(one.get(name), other.get(name)) if name != "cost_usd" else _cost(one, other)
        for name in {**one, **other}
    }


def bucket(latency_ms: float) -> int:
    """Return the bucket of a latency: n holds those from ``GROWTH**n`` ms to the next."""
    return math.floor(math.log(max(latency_ms, 0.01), GROWTH))


def _of_call(span: Span) -> dict[str, Any]:
    attributes = span.attributes
    cost = _decimal(attributes.get(semconv.COST_USD))
    failure = failure_of(span.status, attributes)
    return {
        "calls": 1,
        "errors": int(span.status == "error"),
        "cached_calls": int(bool(attributes.get(semconv.CACHE_HIT))),
        "unpriced_calls": int(cost is None and span.status != "error"),
        "input_tokens": _whole(attributes.get(semconv.INPUT_TOKENS)),
        "output_tokens": _whole(attributes.get(semconv.OUTPUT_TOKENS)),
        "cached_input_tokens": _whole(attributes.get(semconv.CACHED_INPUT_TOKENS)),
        "latency_ms": span.duration_ms,
        "cost_usd": format(cost or Decimal(0), "f"),
        "failures": {failure: 1} if failure else {},
        "latency_buckets": {str(bucket(span.duration_ms)): 1},
    }


def _add_day(connection: Connection, key: Key, body: Mapping[str, Any]) -> None:
    names = ("day", "model", "prompt", "notebook")
    place = and_(*(trace_day.c[name] == value for name, value in zip(names, key, strict=True)))
    there = connection.execute(select(trace_day.c.body).where(place)).scalar()
    if there is None:
        row = dict(zip(names, key, strict=True)) | {"body": dict(body)}
        connection.execute(insert(trace_day), row)
    else:
        connection.execute(update(trace_day).where(place).values(body=merge_days(there, body)))


def _plus(one: Any, other: Any) -> Any:
    if isinstance(one, Mapping) or isinstance(other, Mapping):
        names = {**(one or {}), **(other or {})}
        return {name: (one or {}).get(name, 0) + (other or {}).get(name, 0) for name in names}
    return (one or 0) + (other or 0)


def _cost(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    return format(Decimal(one.get("cost_usd", "0")) + Decimal(other.get("cost_usd", "0")), "f")


def _decimal(value: Any) -> Decimal | None:
    try:
        amount = None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount is None or amount.is_finite() else None


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
