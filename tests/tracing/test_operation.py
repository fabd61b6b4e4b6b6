from __future__ import annotations

import asyncio
import gc
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.tracing.operation import Operations
from llmops_magics.tracing.session import session


@pytest.fixture
def operations(tracing):
    return Operations(lambda: (tracing, True))


def tree(spans):
    names = {span.span_id: span.name for span in spans}
    return {(span.name.rpartition(".")[2], names.get(span.parent_id, "")) for span in spans}


def test_a_function_keeps_arguments_and_result(operations, spans):
    @operations.trace
    def add(a, b=2, *, api_key="k"):
        return {"sum": a + b}

    assert add(1, api_key="secret") == {"sum": 3}
    (span,) = spans
    assert json.loads(span.attributes["llmops.input"]) == {"a": 1, "api_key": "[secret]"}
    assert json.loads(span.attributes["llmops.output"]) == {"sum": 3}
    assert span.attributes["llmops.span.kind"] == "function"
    assert add.__name__ == "add"


def test_what_is_sensitive_is_masked_and_what_is_long_is_cut(operations, spans):
    @operations.trace
    def echo(text):
        return text

    echo("mail ada@example.com " + "x" * 100_000)
    text = json.loads(spans[0].attributes["llmops.output"])
    assert text.startswith("mail [email] xxx")
    assert len(text) < 20_100
    assert text.endswith("characters cut)")


def test_an_error_marks_the_span_and_goes_on(operations, spans):
    @operations.trace(kind="tool", name="find order")
    def find(order):
        raise KeyError(order)

    with pytest.raises(KeyError):
        find("A1")
    (span,) = spans
    assert (span.name, span.status, span.attributes["error.type"]) == (
        "find order", "error", "KeyError",
    )  # fmt: skip
    assert span.attributes["gen_ai.operation.name"] == "execute_tool"
    assert json.loads(span.attributes["gen_ai.tool.call.arguments"]) == {"order": "A1"}


def test_an_error_in_a_block_marks_its_span(operations, spans):
    with pytest.raises(ValueError, match="boo"), operations.span("block"):
        raise ValueError("boo")
    (span,) = spans
    assert (span.status, span.attributes["error.type"]) == ("error", "ValueError")
    assert span.attributes["llmops.error.message"] == "boo"


def test_spans_nest_through_tasks(operations, spans):
    @operations.trace
    async def child(n):
        await asyncio.sleep(0.001)
        return n

    @operations.trace
    async def parent():
        return await asyncio.gather(*(child(n) for n in range(3)))

    assert asyncio.run(parent()) == [0, 1, 2]
    top = next(s for s in spans if s.name.endswith("parent"))
    assert [s.parent_id for s in spans if s.name.endswith("child")] == [top.span_id] * 3
    assert top.parent_id is None


def test_spans_and_sessions_nest_through_threads(operations, spans):
    @operations.trace
    def work():
        return threading.get_ident()

    with session("s1", user="ada"), operations.span("top"):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: work(), range(3)))
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert {parent for _, parent in tree(spans)} == {"", "top"}
    assert {s.attributes.get("session.id") for s in spans} == {"s1"}
    assert {s.attributes.get("user.id") for s in spans} == {"ada"}
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
    assert spans[-1].parent_id is None
    assert "session.id" not in spans[-1].attributes


def test_a_thread_of_a_cell_stands_under_the_cell(operations, tracing, client, serve, spans):
    from llmops_magics.models.chat import ChatRequest

    serve("Paris")
    request = ChatRequest(model="openai/m", messages=({"role": "user", "content": "?"},))
    tracing.open_scope("cell", {})
    thread = threading.Thread(target=client.chat_blocking, args=(request,))
    thread.start()
    thread.join()
    trace = tracing.close_scope()
    assert {span.trace_id for span in spans} == {trace.trace_id}


def test_a_generator_is_current_only_while_it_runs(operations, spans):
    @operations.trace
    def numbers(n):
        for i in range(n):
            with operations.span("inside"):
                pass
            got = yield i
            assert got in (None, "hello")
        return "end"

    def consume():
        steps = numbers(2)
        assert next(steps) == 0
        with operations.span("between"):
            pass
        assert steps.send("hello") == 1
        return (yield from steps)

    assert list(consume()) == []
    parents = dict(tree(spans))
    assert parents["inside"].endswith("numbers")
    assert parents["between"] == ""
    top = next(s for s in spans if s.name.endswith("numbers"))
    assert json.loads(top.attributes["llmops.output"]) == [0, 1]


def test_a_generator_that_is_left_or_fails_ends_its_span(operations, spans):
    closed = []

    @operations.trace
    def numbers():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    steps = numbers()
    next(steps)
    steps.close()
    assert (closed, spans[0].status) == ([True], "ok")
    left = numbers()
    next(left)
    del left
    gc.collect()
    assert len(spans) == 2
    thrown = numbers()
    next(thrown)
    with pytest.raises(ZeroDivisionError):
        thrown.throw(ZeroDivisionError("no"))
    assert (spans[2].status, spans[2].attributes["error.type"]) == ("error", "ZeroDivisionError")
    numbers()  # never begun: no span
    assert len(spans) == 3


def test_an_async_generator_too(operations, spans):
    @operations.trace
    async def tokens():
        for word in ("Pa", "ris"):
            with operations.span("inside"):
                await asyncio.sleep(0)
            yield word

    async def consume():
        return [token async for token in tokens()]

    assert asyncio.run(consume()) == ["Pa", "ris"]
    top = next(s for s in spans if s.name.endswith("tokens"))
    assert json.loads(top.attributes["llmops.output"]) == "Paris"
    assert {s.parent_id for s in spans if s.name == "inside"} == {top.span_id}


def test_a_block_takes_attributes_and_kinds(operations, spans):
    with operations.span("rank", kind="retrieval", k=5, odd={"a": [1]}) as span:
        span.set(found=3)
        span.output([])
    (ended,) = spans
    assert (ended.attributes["k"], ended.attributes["found"]) == (5, 3)
    assert ended.attributes["odd"] == '{"a": [1]}'
    assert ended.attributes["llmops.retrieval.count"] == 0
    assert span.trace_id == ended.trace_id
    with pytest.raises(UsageError, match="no kind 'chain'"), operations.span("x", kind="chain"):
        pass


def test_without_content_nothing_of_it_is_kept(tracing, spans):
    operations = Operations(lambda: (tracing, False))

    @operations.trace
    def echo(text):
        return text

    echo("hello")
    assert "hello" not in str(spans[0].attributes)


def test_methods_and_values_of_any_kind(operations, spans):
    class Finder:
        @operations.trace
        def find(self, what, *rest, **more):
            return object()

    loop = []
    loop.append(loop)
    Finder().find(loop, float("nan"), 10**400, {1: {2, 3}}, x=b"bytes")
    assert "object" in spans[0].attributes["llmops.output"]
    assert "Finder" not in spans[0].attributes["llmops.input"]
