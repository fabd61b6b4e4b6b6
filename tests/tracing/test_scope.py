from __future__ import annotations

from decimal import Decimal

from llmops_magics.tracing.scope import MAX_SPANS, Scope, add_call
from llmops_magics.tracing.trace import CallTotals, Span


def span(number, status="ok", **attributes):
    return Span(
        trace_id="t", span_id=f"{number:016x}", parent_id="r", name="chat", started_ns=number,
        duration_ms=2.0, status=status, attributes={"gen_ai.operation.name": "chat", **attributes},
    )  # fmt: skip


def test_totals_count_every_call_and_the_spans_are_cut():
    scope = Scope("cell", "t")
    assert not scope.called_a_model
    for number in range(1, MAX_SPANS + 51):
        scope.add(span(number, **{"gen_ai.usage.input_tokens": 2, "llmops.cost.usd": "0.1"}))
    assert scope.called_a_model
    trace = scope.finish(span(0))
    assert (trace.totals.calls, trace.span_count) == (MAX_SPANS + 50, MAX_SPANS + 50)
    assert (trace.totals.input_tokens, trace.totals.cost_usd) == (500, Decimal("25.0"))
    assert len(trace.spans) == MAX_SPANS + 1
    assert [s.started_ns for s in trace.spans] == list(range(MAX_SPANS + 1))


def test_only_model_calls_are_added_up():
    scope = Scope("cell", "t")
    scope.add(span(1, **{"gen_ai.operation.name": "execute_tool"}))
    assert not scope.called_a_model
    scope.add(span(2, **{"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 5}))
    assert scope.finish(span(0)).totals.input_tokens == 5


def test_a_failed_call_is_an_error_and_not_unpriced():
    totals = add_call(add_call(CallTotals(), span(1, "error")), span(2))
    assert (totals.calls, totals.errors, totals.unpriced_calls) == (2, 1, 1)
    assert totals.latency_ms == 4.0
