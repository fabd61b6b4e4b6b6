from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from decimal import Decimal

import openai
import pytest

from llmops_magics.models.chat import ChatRequest
from llmops_magics.testing import Reply, ScriptedProcess
from llmops_magics.tracing.instrument import OpenAIInstrumentation
from llmops_magics.tracing.writer import read_trace
from llmops_magics.workspace import Workspace

MESSAGES = [{"role": "user", "content": "Capital?"}]
PARIS = Reply("Paris", usage=(2000, 250))
LATER = """
import sys
from llmops_magics.tracing.instrument import OpenAIInstrumentation
from llmops_magics.tracing.pipeline import Tracing

spans = []
instrumentation = OpenAIInstrumentation(Tracing(spans.append).provider)
instrumentation.start()
assert "openai" not in sys.modules
import openai
openai.OpenAI().chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])
print(len(spans), spans[0].attributes["gen_ai.request.model"])
"""


@pytest.fixture
def instrumentation(tracing):
    instrumentation = OpenAIInstrumentation(tracing.provider)
    instrumentation.start()
    yield instrumentation
    instrumentation.stop()


def create():
    with openai.OpenAI() as client:
        return client.chat.completions.create(model="gpt-4.1-mini", messages=MESSAGES)


async def create_async():
    async with openai.AsyncOpenAI() as client:
        return await client.chat.completions.create(model="gpt-4.1-mini", messages=MESSAGES)


@pytest.mark.parametrize("call", [create, lambda: asyncio.run(create_async())])
def test_another_codes_call_is_recorded_once_with_tokens_and_cost(
    instrumentation, serve, spans, call
):
    serve(PARIS)
    assert call().choices[0].message.content == "Paris"
    (span,) = spans
    assert span.attributes["gen_ai.operation.name"] == "chat"
    assert span.attributes["gen_ai.request.model"] == "gpt-4.1-mini"
    assert span.attributes["gen_ai.usage.input_tokens"] == 2000
    assert span.attributes["gen_ai.usage.output_tokens"] == 250
    assert span.attributes["llmops.cost.usd"] == "0.0012"
    assert "Capital?" not in str(span)


def test_it_counts_in_the_cell(instrumentation, serve, tracing):
    serve(PARIS)
    tracing.open_scope("cell", {})
    create()
    asyncio.run(create_async())
    totals = tracing.close_scope().totals
    assert (totals.calls, totals.cost_usd, totals.unpriced_calls) == (2, Decimal("0.0024"), 0)


def test_a_failed_call_of_other_code_has_its_error(instrumentation, serve, spans):
    serve(Reply.error(400))
    with pytest.raises(openai.BadRequestError):
        create()
    assert (spans[0].status, spans[0].attributes["error.type"]) == (
        "error",
        "openai.BadRequestError",
    )


def test_our_own_calls_are_recorded_once(instrumentation, client, serve, spans):
    serve(PARIS)
    client.chat_blocking(ChatRequest(model="openai/gpt-4.1-mini", messages=tuple(MESSAGES)))
    assert [s.name for s in spans] == ["chat openai/gpt-4.1-mini"]


def test_a_workspace_prices_and_stores_other_codes_calls(tmp_path, serve):
    serve(PARIS)
    workspace = Workspace(tmp_path)
    instrumentation = OpenAIInstrumentation(workspace.tracing.provider)
    instrumentation.start()
    workspace.tracing.open_scope("cell", {})
    create()
    instrumentation.stop()
    trace = workspace.tracing.close_scope()
    assert trace.totals.cost_usd == Decimal("0.0012")
    workspace.spans.flush()
    stored = read_trace(workspace.store, trace.trace_id)
    assert {s.name for s in stored} == {"cell", "chat gpt-4.1-mini"}
    workspace.close()


def test_stopping_takes_it_out_and_starting_twice_is_once(tracing, serve, spans):
    serve(PARIS)
    before = openai.resources.chat.completions.Completions.create
    instrumentation = OpenAIInstrumentation(tracing.provider)
    instrumentation.stop()
    instrumentation.start()
    instrumentation.start()
    create()
    assert len(spans) == 1
    instrumentation.stop()
    instrumentation.stop()
    create()
    assert len(spans) == 1
    assert openai.resources.chat.completions.Completions.create is before
    instrumentation.start()
    create()
    instrumentation.stop()
    assert len(spans) == 2


def test_one_that_someone_else_installed_stays(tracing, spans, serve, instrumentation):
    other = OpenAIInstrumentation(tracing.provider)
    other.start()
    other.stop()
    serve(PARIS)
    create()
    assert len(spans) == 1


def test_it_is_installed_when_openai_is_imported():
    with ScriptedProcess("Paris") as server:
        environment = {
            **os.environ, "OPENAI_API_KEY": server.api_key, "OPENAI_BASE_URL": server.base_url
        }  # fmt: skip
        result = subprocess.run(
            [sys.executable, "-c", LATER], env=environment, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
    assert result.stdout == "1 m\n", result.stderr


def stream(client, **options):
    return client.chat.completions.create(model="m", messages=MESSAGES, stream=True, **options)


async def stream_async():
    async with openai.AsyncOpenAI() as client:
        return [chunk async for chunk in await stream(client)]


def test_a_stream_is_asked_for_its_tokens_and_looks_as_ever(instrumentation, serve, spans):
    server = serve(PARIS)
    with openai.OpenAI() as client:
        with stream(client) as chunks:
            assert all(chunk.choices for chunk in chunks)
        chunks = stream(client)
        assert isinstance(chunks, openai.Stream)
        assert all(chunk.choices for chunk in chunks)
    assert all(chunk.choices for chunk in asyncio.run(stream_async()))
    assert [s.attributes["gen_ai.usage.input_tokens"] for s in spans] == [2000] * 3
    assert spans[0].attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert server.requests[0]["stream_options"] == {"include_usage": True}


def test_a_caller_who_says_what_to_include_is_left_alone(instrumentation, serve, spans):
    serve(PARIS)
    with openai.OpenAI() as client:
        chunks = list(stream(client, stream_options={"include_usage": True}))
        assert chunks[-1].usage.prompt_tokens == 2000
        assert all(c.choices for c in stream(client, stream_options={"include_usage": False}))
    assert "llmops.usage.missing" not in spans[0].attributes
    assert spans[1].attributes["llmops.usage.missing"] is True


def test_an_endpoint_that_refuses_the_option_is_asked_without(instrumentation, serve, spans):
    def answer(request):
        if "stream_options" in request:
            return Reply.error(400, message="unknown parameter: stream_options")
        return PARIS

    server = serve(answer)
    with openai.OpenAI(max_retries=0) as client:
        assert len(list(stream(client))) == len(list(stream(client)))
    assert ["stream_options" in request for request in server.requests] == [True, False, False]


def test_embeddings_of_other_code_are_recorded(instrumentation, serve, spans):
    serve(PARIS)
    with openai.OpenAI() as client:
        client.embeddings.create(model="e", input="x")
    assert spans[0].attributes["gen_ai.operation.name"] == "embeddings"
    assert spans[0].attributes["gen_ai.usage.input_tokens"] == 1
