"""Records of traces for the views' tests."""

from __future__ import annotations

import json
from decimal import Decimal

import view_records as records

from llmops_magics.tracing.retention import TracePrune
from llmops_magics.tracing.search import TraceList
from llmops_magics.tracing.stored import TraceDetail
from llmops_magics.tracing.summary import TraceSummary
from llmops_magics.workbench.traces import TraceTransfer


def summary(t="plain", **changes):
    fields = {
        "trace_id": "ab12" * 8,
        "root_id": "r",
        "name": f"cell {t}",
        "started_ns": 1_893_456_000_000_000_000,
        "ended_ns": 1_893_456_001_500_000_000,
        "spans": 3,
        "calls": 2,
        "input_tokens": 1200,
        "output_tokens": 34,
        "cost_usd": Decimal("0.0123"),
        "cell": 3,
        "notebook": f"{t}.ipynb",
        "models": (t, "openai/x", "openai/y"),
        "prompts": (f"{t}@1",),
        "sessions": (t,),
        "users": (t,),
    }
    return TraceSummary(**(fields | changes))


def trace_list(t="plain", **changes):
    failed = summary(t, status="error", errors=1, failures={"timeout": 1, t: 2}, root_id=None)
    fields = {
        "asked": t,
        "traces": (summary(t), failed),
        "more": True,
        "failures": {"timeout": 1, t: 1},
        "searched_since_ns": 1_893_456_000_000_000_000,
    }
    return TraceList(**(fields | changes))


def content(t):
    """Return the attributes of a span that holds something of everything."""
    message = {
        "role": t,
        "parts": [
            {"type": "text", "content": t},
            {"type": "tool_call", "name": t, "arguments": t},
            {"type": "tool_call_response", "response": {t: t}},
        ],
    }
    return {
        "gen_ai.input.messages": json.dumps([message]),
        "gen_ai.retrieval.documents": json.dumps([{"id": t, "score": 0.8123, "content": t}, 3]),
        "gen_ai.retrieval.query.text": t,
        "gen_ai.tool.call.arguments": f"{t} " * 80,
        "llmops.output": json.dumps({t: [t]}),
        "llmops.error.message": t,
        "error.type": t,
        t: {t: t},
    }


def trace_detail(t="plain"):
    spans = (
        records.span("r", name=t),
        records.span("c", "r", start_ms=5, name=t, status="error", attributes=content(t)),
    )
    return TraceDetail(
        summary=summary(t, failures={t: 1}), spans=spans, failures={"c": "timeout", "r": t}
    )


def every_record(t):
    return [
        trace_list(t),
        trace_detail(t),
        TraceTransfer(action="import", path=t, traces=1, spans=3, new_spans=2),
        TracePrune(before=t, dry_run=True, traces=1, spans=2, kept=3, days=1),
    ]
