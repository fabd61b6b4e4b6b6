from __future__ import annotations

import asyncio
import json
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
tracing = Tracing(spans.append)
instrumentation = OpenAIInstrumentation(lambda: (tracing, True))
instrumentation.start()
assert "openai" not in sys.modules
import openai
openai.OpenAI().chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])
print(len(spans), spans[0].attributes["gen_ai.request.model"])
"""


@pytest.fixture
def instrumentation(tracing):
    instrumentation = OpenAIInstrumentation(lambda: (tracing, True))
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
    assert "Capital?" in span.attributes["gen_ai.input.messages"]
    assert "Paris" in span.attributes["gen_ai.output.messages"]


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
    instrumentation = OpenAIInstrumentation(lambda: (workspace.tracing, True))
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
    instrumentation = OpenAIInstrumentation(lambda: (tracing, True))
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
    other = OpenAIInstrumentation(lambda: (tracing, True))
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


KEY = "sk-proj-CANARYx9Xk2mQ7vT4wB1nR8pL5"
OTHERS = """
import openai
from opentelemetry import metrics, trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from llmops_magics.tracing.instrument import OpenAIInstrumentation
from llmops_magics.tracing.pipeline import Tracing

theirs, logs, reader, ours = (
    InMemorySpanExporter(), InMemoryLogRecordExporter(), InMemoryMetricReader(), [])
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(theirs))
trace.set_tracer_provider(provider)
logger = LoggerProvider()
logger.add_log_record_processor(SimpleLogRecordProcessor(logs))
set_logger_provider(logger)
metrics.set_meter_provider(MeterProvider([reader]))
tracing = Tracing(ours.append)
OpenAIInstrumentation(lambda: (tracing, True)).start()
openai.OpenAI().chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])
print(len(ours), len(theirs.get_finished_spans()), len(logs.get_finished_logs()),
      reader.get_metrics_data(), trace.get_tracer_provider() is provider)
"""


def test_messages_tool_calls_and_definitions_are_masked_on_the_span(instrumentation, serve, spans):
    serve(Reply(f"It is {KEY}"))
    call = {
        "id": "c",
        "type": "function",
        "function": {"name": "f", "arguments": f'{{"k":"{KEY}"}}'},
    }
    messages = [
        {"role": "system", "content": f"Hide {KEY}"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": KEY},
    ]
    tools = [{"type": "function", "function": {"name": "f", "description": KEY, "parameters": {}}}]
    with openai.OpenAI() as client:
        client.chat.completions.create(model="m", messages=messages, tools=tools)
        list(client.chat.completions.create(model="m", messages=messages, stream=True))
    assert all(str(s).count("[openai-key]") >= 4 for s in spans)
    assert "CANARY" not in str(spans)
    assert [m["role"] for m in json.loads(spans[1].attributes["gen_ai.input.messages"])] == [
        "system", "assistant", "tool",
    ]  # fmt: skip
    assert "It is [openai-key]" in spans[1].attributes["gen_ai.output.messages"]


def test_no_message_reaches_a_span_where_none_is_kept(tracing, serve, spans):
    serve(PARIS)
    instrumentation = OpenAIInstrumentation(lambda: (tracing, False))
    instrumentation.start()
    create()
    instrumentation.stop()
    assert "Capital?" not in str(spans)
    assert "Paris" not in str(spans)
    assert spans[0].attributes["gen_ai.usage.input_tokens"] == 2000


@pytest.mark.parametrize(
    "messages",
    [
        [
            {
                "role": "assistant",
                "tool_calls": [{"function": {"name": None, "arguments": {"a": 1}}}],
            }
        ],
        [{"role": "assistant", "tool_calls": 5}],
        [{"role": 5, "content": [{"type": "image_url", "image_url": 5}]}],
    ],
)
def test_messages_that_cannot_be_read_break_no_call(instrumentation, serve, spans, messages):
    serve(PARIS)
    with openai.OpenAI(max_retries=0) as client:
        for _ in range(2):
            client.chat.completions.create(model="m", messages=messages)
    assert len(spans) == 2


def test_messages_that_can_be_walked_once_are_left_to_the_call(instrumentation, serve, spans):
    server = serve(PARIS)
    with openai.OpenAI() as client:
        client.chat.completions.create(model="m", messages=iter(MESSAGES))
    assert server.requests[0]["messages"] == MESSAGES
    assert "Paris" in spans[0].attributes["gen_ai.output.messages"]


@pytest.mark.parametrize("mode", ["", "SPAN_AND_EVENT"])
def test_an_applications_own_providers_stay_and_get_nothing(mode):
    with ScriptedProcess("Paris") as server:
        environment = {
            **os.environ, "OPENAI_API_KEY": server.api_key, "OPENAI_BASE_URL": server.base_url,
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": mode,
        }  # fmt: skip
        result = subprocess.run(
            [sys.executable, "-c", OTHERS], env=environment, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
    assert result.stdout == "1 0 0 None True\n", result.stderr
