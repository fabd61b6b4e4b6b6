from __future__ import annotations

import json
from decimal import Decimal

from view_records import span, trace

from llmops_magics.views.trace import MAX_SPANS, span_tree, trace_html, trace_summary


def test_the_summary_is_one_line():
    shown = trace_summary(trace(cost_usd=Decimal("0.0012")))
    assert shown == "3 model calls · 412 in / 96 out tokens · $0.0012 · 1.8 s"


def test_a_cell_without_model_calls_has_no_cost():
    assert trace_summary(trace(calls=0)) == "0 model calls · 1.8 s"


def test_children_stand_under_their_parent_by_start():
    spans = (span("r"), span("b", "r", start_ms=50), span("a", "r", start_ms=10), span("x", "a"))
    assert [(d, s.span_id) for d, s in span_tree(spans)] == [(0, "r"), (1, "a"), (2, "x"), (1, "b")]


def test_an_orphan_is_a_root_and_a_cycle_is_shown_once():
    spans = (span("o", "gone"), span("a", "b"), span("b", "a"))
    assert sorted(s.span_id for _, s in span_tree(spans)) == ["a", "b", "o"]


def test_a_waterfall_bar_stands_where_the_span_was():
    html = trace_html(trace([span("r", ms=200.0), span("c", "r", start_ms=50, ms=100.0)]))
    assert "margin-left:25.0%;width:50.0%" in html


def test_a_call_without_a_price_costs_unknown_and_no_call_costs_nothing():
    called = span(attributes={"gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 2})
    assert ">unknown</td>" in trace_html(trace([called]))
    assert ">unknown</td>" not in trace_html(trace([span()]))


def test_messages_are_folded_under_their_call():
    sent = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "How much?"}]}])
    html = trace_html(trace([span(attributes={"gen_ai.input.messages": sent})]))
    assert "input: 1 message" in html
    assert "How much?" in html


def test_spans_beyond_the_first_hundred_are_counted():
    spans = [span(str(n)) for n in range(MAX_SPANS + 5)]
    assert "and 400 more spans" in trace_html(trace(spans, span_count=500))
