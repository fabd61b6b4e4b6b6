from __future__ import annotations

from dataclasses import replace

import pytest

from llmops_magics.errors import RateLimitError
from llmops_magics.models.chat import ChatRequest
from llmops_magics.storage.store import Store
from llmops_magics.testing import Reply
from llmops_magics.tracing import repeat
from llmops_magics.tracing.operation import Operations
from llmops_magics.tracing.repeat import Repeats, by_end
from llmops_magics.tracing.summary_table import load_summary
from llmops_magics.tracing.trace import Span
from llmops_magics.tracing.writer import SpanWriter

CALL = Span(
    trace_id="a" * 32, span_id="call", parent_id="tool", name="chat", started_ns=30,
    duration_ms=1.0, status="error",
    attributes={"gen_ai.operation.name": "chat", "error.type": "TimeoutError"},
)  # fmt: skip
TOOL = replace(
    CALL, span_id="tool", parent_id="function", started_ns=20, duration_ms=2.0,
    attributes={"gen_ai.operation.name": "execute_tool", "error.type": "TimeoutError"},
)  # fmt: skip
FUNCTION = replace(
    CALL, span_id="function", parent_id=None, started_ns=10, duration_ms=3.0,
    attributes={"error.type": "TimeoutError"},
)  # fmt: skip


def repeated(spans):
    return [span.span_id for span in spans if span.attributes.get("llmops.error.repeated")]


def test_an_error_that_passes_through_is_marked_unless_it_is_of_another_kind():
    assert repeated(Repeats().mark([CALL, TOOL, FUNCTION])) == ["function"]
    repeats = Repeats()  # the writer's batches come one by one, and some of them again
    for _ in range(2):
        assert [repeated(repeats.mark([s])) for s in (CALL, TOOL, FUNCTION)] == [
            [],
            [],
            ["function"],
        ]


def test_one_that_was_caught_is_not_passed_on():
    caught = replace(TOOL, status="ok")
    assert repeated(Repeats().mark([CALL, caught, FUNCTION])) == []


def test_a_filtered_answer_that_raises_is_one_failure():
    answer = {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": ["content_filter"]}
    filtered = replace(CALL, status="ok", parent_id="function", attributes=answer)
    raised = replace(FUNCTION, attributes={"error.type": "ContentFilterError"})
    assert repeated(Repeats().mark([filtered, raised])) == ["function"]


def test_spans_of_a_file_are_put_in_order():
    at_once = TOOL, replace(CALL, started_ns=1_000_020)  # both end at 2_000_020
    assert by_end([FUNCTION, TOOL, CALL]) == [CALL, TOOL, FUNCTION]
    assert repeated(Repeats().mark(by_end([FUNCTION, *at_once]))) == ["function"]


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(repeat, "MAX_PARENTS", 3)
    repeats = Repeats()
    repeats.mark(replace(CALL, trace_id=f"{i:032x}") for i in range(9))
    assert len(repeats._below) == 3


def test_a_call_that_fails_in_functions_is_counted_once(client, serve, tracing, tmp_path):
    serve(Reply.error(429))
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    writer = SpanWriter(lambda: store)
    tracing._sink = writer.put
    operations = Operations(lambda: (tracing, True))

    @operations.trace
    def inner():
        request = ChatRequest(model="openai/m", messages=({"role": "user", "content": "?"},))
        return client.chat_blocking(request)

    with pytest.raises(RateLimitError), operations.span("outer") as outer:
        inner()
    writer.close()
    summary = load_summary(store, outer.trace_id)
    assert (summary.errors, summary.failures) == (3, {"rate_limit": 1})
    store.close()
