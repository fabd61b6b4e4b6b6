"""Spans to be stored in tests, with numbers that can be checked by hand."""

from __future__ import annotations

from llmops_magics.tracing import semconv
from llmops_magics.tracing.trace import Span

SECOND_NS = 10**9


def span(number=1, *, trace=1, parent=None, at_s=0, ms=100.0, status="ok", name="", **attributes):
    return Span(
        trace_id=f"{trace:032x}",
        span_id=f"{number:016x}",
        parent_id=None if parent is None else f"{parent:016x}",
        name=name or f"span {number}",
        started_ns=round(at_s * SECOND_NS),
        duration_ms=ms,
        status=status,
        attributes=attributes,
    )


def call(number=1, *, model="openai/m", cost="0.01", tokens=(100, 20), **fields):
    own = fields.pop("attributes", {})
    made = span(number, **fields)
    attributes = {
        semconv.OPERATION: "chat",
        semconv.REQUEST_MODEL: model,
        semconv.INPUT_TOKENS: tokens[0],
        semconv.OUTPUT_TOKENS: tokens[1],
        **({semconv.COST_USD: cost} if cost is not None else {}),
        **own,
    }
    made.attributes.update(attributes)
    return made
