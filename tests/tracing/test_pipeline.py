from __future__ import annotations

import asyncio
import threading
from decimal import Decimal

import pytest
from opentelemetry import trace as otel

from llmops_magics.errors import RequestRejectedError
from llmops_magics.models.chat import ChatRequest
from llmops_magics.testing import Reply
from llmops_magics.tracing.pipeline import Tracing

CELL = "llmops.cell.number"
REQUEST = ChatRequest(model="openai/gpt-4.1-mini", messages=({"role": "user", "content": "?"},))


@pytest.fixture(autouse=True)
def no_scope_is_left(tracing):
    yield
    tracing.close_scope()
    assert not otel.get_current_span().get_span_context().is_valid


def test_a_cell_adds_up_its_calls(client, serve, tracing):
    serve([Reply("Paris", usage=(2000, 250)), Reply("Rome", usage=(1000, 0)), Reply.error(400)])
    tracing.open_scope("cell 3", {"llmops.cell.number": 3})
    client.chat_blocking(REQUEST)
    client.chat_blocking(REQUEST)
    with pytest.raises(RequestRejectedError):
        client.chat_blocking(REQUEST)
    trace = tracing.close_scope()
    totals = trace.totals
    assert (totals.calls, totals.errors, totals.unpriced_calls) == (3, 1, 0)
    assert (totals.input_tokens, totals.output_tokens) == (3000, 250)
    assert totals.cost_usd == Decimal("0.0016")
    assert trace.wall_ms >= totals.latency_ms > 0
    root, *calls = trace.spans
    assert (root.name, root.attributes) == ("cell 3", {"llmops.cell.number": 3})
    assert [c.parent_id for c in calls] == [root.span_id] * 3
    assert trace.span_count == 3


def test_a_call_with_no_known_price_is_counted_as_such(client, serve, tracing):
    serve(Reply("Paris", usage={}))
    tracing.open_scope("cell", {})
    client.chat_blocking(REQUEST)
    totals = tracing.close_scope().totals
    assert (totals.calls, totals.unpriced_calls, totals.cost_usd) == (1, 1, Decimal(0))


def test_a_cell_with_no_calls_shows_nothing_and_is_the_root_of_its_spans(tracing, spans):
    tracing.open_scope("cell", {})
    with tracing.span("not a call"):
        pass
    assert tracing.close_scope("cell 4", {"llmops.cell.number": 4}) is None
    child, root = spans
    assert (root.name, root.parent_id, root.attributes) == ("cell 4", None, {CELL: 4})
    assert (child.trace_id, child.parent_id) == (root.trace_id, root.span_id)
    assert tracing.close_scope() is None


def test_a_cell_is_the_root_of_what_ends_after_it(tracing, spans):
    tracing.open_scope("cell", {})
    late = tracing.start("in the background")
    tracing.close_scope()
    late.end()
    assert [span.name for span in spans] == ["cell", "in the background"]
    assert spans[1].parent_id == spans[0].span_id


def test_a_cell_with_no_spans_is_nothing(tracing, spans):
    tracing.open_scope("outer", {})
    tracing.open_scope("inner", {})
    assert (tracing.close_scope(), tracing.close_scope(), spans) == (None, None, [])


def test_calls_after_a_cell_are_not_the_cells(client, serve, tracing, spans):
    serve("Paris")
    tracing.open_scope("cell 1", {})
    client.chat_blocking(REQUEST)
    first = tracing.close_scope()
    client.chat_blocking(REQUEST)
    assert spans[-1].trace_id != first.trace_id
    assert spans[-1].parent_id is None
    tracing.open_scope("cell 2", {})
    client.chat_blocking(REQUEST)
    assert tracing.close_scope().totals.calls == 1


def test_calls_of_threads_without_a_context_are_counted(client, serve, tracing):
    serve("Paris")
    tracing.open_scope("cell", {})
    threads = [threading.Thread(target=client.chat_blocking, args=(REQUEST,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert tracing.close_scope().totals.calls == 4


def test_calls_under_a_span_of_a_thread_without_a_context_are_counted(client, serve, tracing):
    serve("Paris")

    def work():
        with tracing.span("eval"):
            client.chat_blocking(REQUEST)

    tracing.open_scope("cell", {})
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert tracing.close_scope().totals.calls == 1


def test_calls_of_nested_tasks_stand_under_the_span_that_made_them(client, serve, tracing):
    serve("Paris", latency_ms=20)

    async def work(name):
        with tracing.span(name):
            await asyncio.gather(client.chat(REQUEST), asyncio.create_task(client.chat(REQUEST)))

    async def cell():
        await asyncio.gather(*(work(f"task {i}") for i in range(3)))

    tracing.open_scope("cell", {})
    asyncio.run(cell())
    trace = tracing.close_scope()
    assert trace.totals.calls == 6
    root = trace.spans[0]
    tasks = {s.span_id for s in trace.spans if s.name.startswith("task")}
    assert {s.parent_id for s in trace.spans if s.span_id in tasks} == {root.span_id}
    calls = [s.parent_id for s in trace.spans if s.name.startswith("chat")]
    assert sorted(calls) == sorted([*tasks, *tasks])


def test_an_error_marks_the_span_and_goes_on(tracing, spans):
    with pytest.raises(ZeroDivisionError), tracing.span("work"):
        raise ZeroDivisionError
    assert (spans[0].name, spans[0].status) == ("work", "error")


def test_annotations_are_added_and_one_that_fails_breaks_nothing(spans):
    tracing = Tracing(spans.append, lambda found: {"seen": found["a"]})
    with tracing.span("one", {"a": 1}):
        pass
    with pytest.warns(RuntimeWarning, match="KeyError"), tracing.span("two"):
        pass
    assert [s.attributes for s in spans] == [{"a": 1, "seen": 1}, {}]


def test_the_global_provider_is_left_alone(tracing):
    assert otel.get_tracer_provider() is not tracing.provider


def test_a_clock_that_is_set_back_gives_no_negative_time(tracing, spans):
    span = tracing.tracer.start_span("work", start_time=2_000)
    span.end(end_time=1_000)
    assert (spans[0].started_ns, spans[0].duration_ms) == (2_000, 0.0)


def test_scopes_nest_and_each_has_its_own(tracing, spans):
    call = {"gen_ai.operation.name": "chat"}
    for name in ("outer", "inner"):
        tracing.open_scope(name, {})
        with tracing.span(f"chat of {name}", call):
            pass
    inner = tracing.close_scope()
    with tracing.span("after"):
        pass
    outer = tracing.close_scope()
    assert tracing.close_scope() is None
    assert [s.name for s in inner.spans] == ["inner", "chat of inner"]
    assert [s.name for s in outer.spans] == ["outer", "chat of outer", "after"]
    assert len({s.trace_id for s in spans}) == 2
