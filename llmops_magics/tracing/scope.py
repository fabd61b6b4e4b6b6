"""What happened while a notebook cell ran: a root span, and the calls under it added up.

The totals are kept as spans end, so that a cell of a million calls costs no memory; the spans
themselves are kept up to a limit, for the tree.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any

from llmops_magics.tracing import semconv
from llmops_magics.tracing.trace import CallTotals, Span, Trace

MAX_SPANS = 200


class Scope:
    """Collects the spans of one trace, and stray spans of threads without a context."""

    def __init__(self, name: str, trace_id: str) -> None:
        self.name = name
        self.trace_id = trace_id
        self._totals = CallTotals()
        self._spans: list[Span] = []
        self._count = 0
        self._has_begun = False
        self._lock = threading.Lock()
        self._strays: set[str] = set()  # open traces that began without a context

    def adopt(self, trace_id: str) -> None:
        """Take in the spans of another trace until its root ends."""
        self._strays.add(trace_id)

    def disown(self, trace_id: str) -> None:
        """Leave the spans of another trace to the scope that it is the root of."""
        self._strays.discard(trace_id)

    def owns(self, trace_id: str) -> bool:
        """Tell whether the spans of a trace are to be added here."""
        return trace_id == self.trace_id or trace_id in self._strays

    def begin(self, trace_id: str) -> None:
        """Take note that a span of a trace begins."""
        if trace_id == self.trace_id:
            self._has_begun = True

    def add(self, span: Span) -> None:
        """Take in one finished span."""
        with self._lock:
            if span.parent_id is None:
                self._strays.discard(span.trace_id)
            self._count += 1
            if len(self._spans) < MAX_SPANS or span.status == "error":
                self._spans.append(span)
            if span.attributes.get(semconv.OPERATION) in semconv.MODEL_OPERATIONS:
                self._totals = add_call(self._totals, span)

    @property
    def totals(self) -> CallTotals:
        """What the model calls add up to so far."""
        return self._totals

    @property
    def has_spans(self) -> bool:
        """Whether anything began under the root, or was taken in."""
        return self._has_begun or self._count > 0

    @property
    def called_a_model(self) -> bool:
        """Whether there is anything to show."""
        return self._totals.calls > 0

    def finish(self, root: Span) -> Trace:
        """Return the record of it all, spans by start, cut to the limit."""
        with self._lock:
            spans = sorted(self._spans, key=lambda s: s.started_ns)[:MAX_SPANS]
            return Trace(
                trace_id=self.trace_id,
                name=self.name,
                totals=self._totals,
                wall_ms=root.duration_ms,
                span_count=self._count,
                spans=(root, *(s for s in spans if s.span_id != root.span_id)),
            )


def add_call(totals: CallTotals, span: Span) -> CallTotals:
    """Add one model call to the totals."""
    attributes = span.attributes
    cost: Any = attributes.get(semconv.COST_USD)
    failed = span.status == "error"
    # A call that was cancelled may have been answered, and billed, all the same.
    was_refused = failed and attributes.get(semconv.ERROR_TYPE) != "CancelledError"
    return replace(
        totals,
        calls=totals.calls + 1,
        errors=totals.errors + failed,
        input_tokens=totals.input_tokens + int(attributes.get(semconv.INPUT_TOKENS) or 0),
        output_tokens=totals.output_tokens + int(attributes.get(semconv.OUTPUT_TOKENS) or 0),
        cost_usd=totals.cost_usd + (Decimal(cost) if cost is not None else 0),
        unpriced_calls=totals.unpriced_calls + (cost is None and not was_refused),
        latency_ms=totals.latency_ms + span.duration_ms,
    )
