from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest

from llmops_magics.errors import EndpointError, RequestRejectedError, UnknownModelError
from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.interceptor import chain
from llmops_magics.models.loop import LOOP
from llmops_magics.testing import Reply
from llmops_magics.tracing.interceptor import TracingInterceptor
from llmops_magics.tracing.scope import add_call
from llmops_magics.tracing.trace import CallTotals
from llmops_magics.workspace import Workspace

KEY = "sk-proj-" + "a1B2" * 8
EMAIL = "ada.lovelace@example.com"


def ask(client, text="Capital?", **changes):
    values = {"model": "openai/gpt-4.1-mini", **changes}
    return client.chat_blocking(
        ChatRequest(messages=({"role": "user", "content": text},), **values)
    )


def test_a_call_is_a_span_with_the_conventions_attributes(client, serve, spans):
    serve(Reply("Paris", usage=(2000, 250), model="gpt-4.1-mini-2025"))
    settings = {"temperature": 0.5, "max_tokens": 9}
    response = ask(client, settings=settings, prompt_ref="p@1", attributes={"llmops.case.id": "a"})
    (span,) = spans
    assert (span.name, span.status, span.parent_id) == ("chat openai/gpt-4.1-mini", "ok", None)
    assert span.trace_id == response.trace_id
    assert span.duration_ms >= response.latency_ms > 0
    attributes = dict(span.attributes)
    sent, said = attributes.pop("gen_ai.input.messages"), attributes.pop("gen_ai.output.messages")
    assert json.loads(sent)[0]["parts"][0]["content"] == "Capital?"
    assert json.loads(said)[0]["parts"][0]["content"] == "Paris"
    assert attributes.pop("gen_ai.response.id").startswith("chatcmpl-scripted-")
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "openai/gpt-4.1-mini",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.response.model": "gpt-4.1-mini-2025",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 2000,
        "gen_ai.usage.output_tokens": 250,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "llmops.case.id": "a",
        "llmops.cost.usd": "0.0012",  # 2000 x 0.40 + 250 x 1.60 US dollars a million
        "llmops.price.source": attributes["llmops.price.source"],
        "llmops.prompt.ref": "p@1",
        "llmops.purpose": "generate",
    }


def test_a_call_within_a_span_is_its_child(client, serve, tracing, spans):
    serve("Paris")
    with tracing.span("eval p@1", {"llmops.run.id": "r"}):
        ask(client)
    call, parent = spans
    assert (call.trace_id, call.parent_id) == (parent.trace_id, parent.span_id)
    assert (parent.name, parent.attributes) == ("eval p@1", {"llmops.run.id": "r"})


@pytest.mark.parametrize(
    ("reply", "error"),
    [(Reply.error(400), RequestRejectedError), (Reply.error(503), EndpointError)],
)
def test_a_call_that_fails_is_a_span_with_its_error(client, serve, spans, reply, error):
    serve(reply)
    with pytest.raises(error):
        ask(client)
    (span,) = spans
    assert (span.status, span.attributes["error.type"]) == ("error", error.__name__)
    assert "gen_ai.usage.input_tokens" not in span.attributes


def test_a_call_to_nowhere_is_a_span_too(client, spans):
    with pytest.raises(UnknownModelError):
        ask(client, model="nowhere/m")
    assert (spans[0].status, spans[0].attributes["error.type"]) == ("error", "UnknownModelError")


def test_a_cancelled_call_is_a_span_with_its_error(client, serve, spans):
    serve("late", latency_ms=5000)

    async def give_up():
        request = ChatRequest(model="openai/m", messages=({"role": "user", "content": "?"},))
        await asyncio.wait_for(client.chat(request), 0.2)

    with pytest.raises(TimeoutError):
        LOOP.run(give_up())
    assert (spans[0].status, spans[0].attributes["error.type"]) == ("error", "CancelledError")


def test_an_answer_from_the_cache_is_a_span_that_cost_nothing(tracing, spans):
    answer = ChatResponse(
        text="Paris", model="m", finish_reason="stop", usage=Usage(input_tokens=7, output_tokens=3),
        response_id="r", latency_ms=900.0, endpoint="openai", cost_usd="0.0012", cached=True,
    )  # fmt: skip

    async def answer_at_once(_):
        return answer

    call = chain([TracingInterceptor(tracing, capture_content=True)], answer_at_once)
    response = asyncio.run(call(ChatRequest(model="openai/m", messages=())))
    assert (response.cached, response.cost_usd) == (True, "0.0012")
    attributes = spans[0].attributes
    assert attributes["llmops.cache.hit"] is True
    assert (attributes["llmops.cost.usd"], attributes["llmops.cost.saved_usd"]) == ("0", "0.0012")
    assert "gen_ai.usage.input_tokens" not in attributes
    totals = add_call(CallTotals(), spans[0])
    assert (totals.calls, totals.cost_usd, totals.unpriced_calls) == (1, 0, 0)


def test_retries_are_counted_on_answers_and_errors(tracing, spans):
    outcomes = [
        ChatResponse(
            text="", model="m", finish_reason="stop", usage=None, response_id="r", latency_ms=1.0,
            endpoint="openai", retries=2,
        ),
        EndpointError("failed. It was tried 4 times.", tries=4),
    ]  # fmt: skip

    async def answer(_):
        outcome = outcomes.pop(0)
        if isinstance(outcome, EndpointError):
            raise outcome
        return outcome

    call = chain([TracingInterceptor(tracing, capture_content=True)], answer)
    asyncio.run(call(ChatRequest(model="openai/m", messages=())))
    with pytest.raises(EndpointError):
        asyncio.run(call(ChatRequest(model="openai/m", messages=())))
    assert [span.attributes["llmops.retries"] for span in spans] == [2, 3]
    assert "llmops.cache.hit" not in spans[0].attributes


def test_without_content_no_word_of_it_is_recorded(make_client, serve, spans):
    serve("the answer")
    ask(make_client(capture_content=False), "the question")
    assert "the question" not in str(spans)
    assert "the answer" not in str(spans)
    assert spans[0].attributes["gen_ai.usage.input_tokens"] == 2


def written(folder):
    return b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("answer", [f"{KEY} {EMAIL}", Reply.error(400, f"{KEY} {EMAIL}")])
def test_no_secret_reaches_the_disk(tmp_path, serve, answer):
    serve(answer)
    workspace = Workspace(tmp_path)
    workspace.prompts.register("p", "Say {{ what }}")
    with suppress(RequestRejectedError):
        workspace.ask("p", model="openai/m", what=f"{KEY} {EMAIL}")
    workspace.spans.flush()
    open_files = written(tmp_path)  # with the write-ahead log
    workspace.close()
    for stored in (open_files, written(tmp_path)):
        assert b"[openai-key]" in stored
        assert KEY.encode() not in stored
        assert EMAIL.encode() not in stored


def test_capture_metadata_writes_no_content(tmp_path, serve, monkeypatch):
    monkeypatch.setenv("LLMOPS_CAPTURE", "metadata")
    serve("xylophone")
    workspace = Workspace(tmp_path)
    workspace.prompts.register("p", "Say {{ what }}")
    workspace.ask("p", model="openai/m", what="zeppelin")
    workspace.close()
    assert b"gen_ai.request.model" in written(tmp_path)
    assert b"xylophone" not in written(tmp_path)
    assert b"zeppelin" not in written(tmp_path)
