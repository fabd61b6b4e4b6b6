from __future__ import annotations

import asyncio
import socket
import time
import traceback

import pytest

from llmops_magics.errors import (
    BadResponseError,
    EndpointError,
    ModelError,
    ModelTimeoutError,
    RateLimitError,
    RequestRejectedError,
)
from llmops_magics.models.chat import ChatRequest, Usage
from llmops_magics.models.endpoint import Endpoint
from llmops_magics.models.transport import Transport
from llmops_magics.testing import Reply, ScriptedServer

WRONG = "a-wrong-key-0123456789"
QUOTA = '{"error": {"message": "You exceeded your quota.", "code": "insufficient_quota"}}'
MESSAGES = ({"role": "user", "content": "What is the capital of France?"},)


def endpoint_of(server, **changed):
    given = {"base_url": server.base_url, "api_key": server.api_key}
    return Endpoint(name="mine", model="m", **{**given, **changed})


async def call(endpoint, *, timeout_s=10.0, request_timeout_s=None, **settings):
    transport = Transport(timeout_s=timeout_s)
    try:
        request = ChatRequest(
            model="mine/m", messages=MESSAGES, settings=settings, timeout_s=request_timeout_s
        )
        return await transport.chat(request, endpoint)
    finally:
        await transport.close()


def ask(server, **options):
    return asyncio.run(call(endpoint_of(server), **options))


def fail(reply, kind, **options):
    """Return the error of one call, which shows the key nowhere."""
    with ScriptedServer(reply) as server:
        with pytest.raises(kind) as failure:
            ask(server, **options)
        shown = "".join(traceback.format_exception(failure.value))
        assert server.api_key not in shown
        assert server.base_url in failure.value.message
        failure.value.calls = len(server.requests)
    return failure.value


def test_an_answer():
    with ScriptedServer(Reply("Paris", usage=(7, 3), model="m-2026", latency_ms=50)) as server:
        response = ask(server, temperature=0.5)
        (request,) = server.requests
    assert (response.text, response.finish_reason, response.model) == ("Paris", "stop", "m-2026")
    assert response.usage == Usage(input_tokens=7, output_tokens=3)
    assert 50 <= response.latency_ms < 5000
    assert (response.endpoint, bool(response.response_id)) == ("mine", True)
    assert (request["model"], request["temperature"]) == ("m", 0.5)
    assert request["messages"] == list(MESSAGES)


def test_details_of_the_usage():
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 40,
        "prompt_tokens_details": {"cached_tokens": 64},
        "completion_tokens_details": {"reasoning_tokens": 32},
    }
    with ScriptedServer(Reply("Paris", usage=usage)) as server:
        assert ask(server).usage == Usage(
            input_tokens=100, output_tokens=40, cached_input_tokens=64, reasoning_tokens=32
        )


def test_null_details_of_the_usage_count_as_none():
    usage = {"prompt_tokens": 5, "completion_tokens": None, "prompt_tokens_details": None}
    with ScriptedServer(Reply("", usage=usage)) as server:
        assert ask(server).usage == Usage(input_tokens=5, output_tokens=0)


def test_no_usage_is_unknown_and_not_zero():
    with ScriptedServer(Reply("Paris", usage={})) as server:
        assert ask(server).usage is None


def test_a_wrong_key():
    with ScriptedServer("Paris") as server, pytest.raises(RequestRejectedError) as failure:
        asyncio.run(call(endpoint_of(server, api_key=WRONG)))
    assert "refused the key" in failure.value.message
    assert WRONG not in "".join(traceback.format_exception(failure.value))


def test_a_key_that_the_server_repeats_is_masked():
    key = "no-known-shape-of-key"
    server = ScriptedServer(Reply.error(400, f"bad key {key}"))
    server.api_key = key
    with server, pytest.raises(RequestRejectedError) as failure:
        asyncio.run(call(endpoint_of(server)))
    assert "bad key [key]" in failure.value.message


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_a_rejected_request(status):
    error = fail(Reply.error(status, "No such thing."), RequestRejectedError)
    assert "No such thing." in error.message
    assert error.calls == 1


def test_a_call_is_made_once_and_its_error_says_whether_and_when_to_try_again():
    error = fail(Reply.rate_limited(7), RateLimitError)
    assert (error.calls, error.is_transient, error.retry_after_s) == (1, True, 7.0)
    assert not error.may_be_billed
    assert "Lower --concurrency" in error.hint


@pytest.mark.parametrize(
    ("reply", "kind", "is_transient"),
    [
        (Reply.error(400), RequestRejectedError, False),
        (Reply.error(408), RequestRejectedError, True),
        (Reply.error(409), RequestRejectedError, True),
        (Reply.error(503), EndpointError, True),
        (Reply.error(503, headers={"x-should-retry": "false"}), EndpointError, False),
        (Reply.error(400, headers={"x-should-retry": "true"}), RequestRejectedError, True),
        (Reply.malformed(), BadResponseError, False),
        (Reply(disconnect=True), EndpointError, True),
        (Reply(status=429, body=QUOTA), RateLimitError, False),
    ],
)
def test_what_may_succeed_later(reply, kind, is_transient):
    assert fail(reply, kind).is_transient is is_transient


@pytest.mark.parametrize("reply", [Reply.malformed(), Reply(disconnect=True), Reply(body="{}")])
def test_what_was_answered_may_be_billed_whatever_came_of_it(reply):
    assert fail(reply, ModelError).may_be_billed


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails(status):
    error = fail(Reply.error(status, "Sorry."), EndpointError)
    assert f"status {status}" in error.message


def test_malformed_json():
    assert "broken JSON" in fail(Reply.malformed(), BadResponseError).message


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[]",
        "null",
        "3",
        '"text"',
        '{"choices": []}',
        '{"choices": null}',
        '{"choices": [{}]}',
        '{"choices": [{"message": null}]}',
        '{"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": "many"}}',
        '{"error": "overloaded"}',
    ],
)
def test_an_answer_that_is_no_completion(body):
    assert "no chat completion" in fail(Reply(body=body), BadResponseError).message


def test_a_web_page_is_no_completion():
    page = Reply(body="<html>Welcome</html>", headers={"Content-Type": "text/html"})
    error = fail(page, BadResponseError)
    assert "Welcome" in error.message
    assert "/v1" in error.hint


@pytest.mark.parametrize("reply", [Reply(disconnect=True), Reply("Paris", cut_after=20)])
def test_a_connection_that_breaks_off(reply):
    assert "cannot reach" in fail(reply, EndpointError).message


def test_no_answer_in_time():
    started = time.monotonic()
    error = fail(Reply("Paris", latency_ms=30_000), ModelTimeoutError, timeout_s=0.2)
    assert time.monotonic() - started < 25
    assert "models.timeout_s" in error.hint
    assert (error.is_transient, error.may_be_billed) == (True, True)


def test_a_request_may_have_a_time_out_of_its_own():
    fail(Reply("Paris", latency_ms=30_000), ModelTimeoutError, request_timeout_s=0.1)


def test_an_answer_that_trickles_is_late_too():
    slow = Reply("a b c d e f g h", chunk_latency_ms=60)
    fail(slow, ModelTimeoutError, timeout_s=0.3, stream=True)


def test_a_refused_connection():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    endpoint = Endpoint(
        name="mine", base_url=f"http://127.0.0.1:{port}/v1", api_key=WRONG, model="m"
    )
    with pytest.raises(EndpointError, match=f"cannot reach mine .*{port}") as failure:
        asyncio.run(call(endpoint))
    assert WRONG not in "".join(traceback.format_exception(failure.value))


def test_connections_are_used_again():
    async def ask_twice(server):
        transport = Transport(timeout_s=10)
        request = ChatRequest(model="mine/m", messages=MESSAGES)
        for _ in range(2):
            await transport.chat(request, endpoint_of(server))
        count = len(transport._clients)
        await transport.close()
        return count

    with ScriptedServer("Paris") as server:
        assert asyncio.run(ask_twice(server)) == 1


def test_many_calls_at_once():
    async def ask_many(server):
        transport = Transport(timeout_s=20)
        request = ChatRequest(model="mine/m", messages=MESSAGES)
        calls = [transport.chat(request, endpoint_of(server)) for _ in range(32)]
        answers = await asyncio.gather(*calls)
        await transport.close()
        return answers

    with ScriptedServer(Reply("Paris", latency_ms=500)) as server:
        assert {a.text for a in asyncio.run(ask_many(server))} == {"Paris"}
        assert server.peak_concurrency == 32


def test_an_answer_of_tool_calls_has_no_text_and_is_no_error():
    call = {"name": "look_up", "arguments": {"order": 7}}
    with ScriptedServer(Reply(tool_calls=[call])) as server:
        response = ask(server)
    assert (response.text, response.finish_reason) == ("", "tool_calls")
    [asked] = response.tool_calls
    assert asked["function"]["name"] == "look_up"
    assert '"order"' in asked["function"]["arguments"]
