"""A stored trace as the record it was, and as one that is looked into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select

from llmops_magics.record import Record
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import span as span_table
from llmops_magics.tracing.failure import failure_of
from llmops_magics.tracing.scope import Scope
from llmops_magics.tracing.summary import TraceSummary
from llmops_magics.tracing.summary_table import load_summary
from llmops_magics.tracing.trace import Span, Trace
from llmops_magics.tracing.writer import read_trace

MAX_SPANS = 1_000


@dataclass(frozen=True, kw_only=True)
class TraceDetail(Record):
    """One trace with its spans by start, the first thousand of them.

    ``failures`` gives the class of each span that failed, by span id.
    """

    kind: ClassVar[str] = "trace-detail"

    summary: TraceSummary
    spans: tuple[Span, ...]
    failures: dict[str, str]


def load_detail(store: Store, trace_id: str) -> TraceDetail | None:
    """Return a trace to be looked into, None where none of it is stored."""
    summary = load_summary(store, trace_id)
    if summary is None:
        return None
    by_start = select(span_table).where(span_table.c.trace_id == trace_id)
    by_start = by_start.order_by(span_table.c.started_ns).limit(MAX_SPANS)
    with store.read() as connection:
        spans = tuple(Span(**row) for row in connection.execute(by_start).mappings())
    failures = {span.span_id: failure_of(span.status, span.attributes) for span in spans}
    return TraceDetail(
        summary=summary,
        spans=spans,
        failures={span_id: failure for span_id, failure in failures.items() if failure},
    )


def load_trace(store: Store, trace_id: str) -> Trace | None:
    """Return the trace with its spans by start, None where none of it is stored.

    Its root is the span without a parent, or the first one while that is not written yet.
    """
    spans = read_trace(store, trace_id) if trace_id else ()
    if not spans:
        return None
    root = next((span for span in spans if span.parent_id is None), spans[0])
    scope = Scope(root.name, trace_id)
    for span in spans:
        scope.add(span)
    return scope.finish(root)
