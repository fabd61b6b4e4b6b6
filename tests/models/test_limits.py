from __future__ import annotations

import asyncio
import re
import socket
import time

import pytest

from llmops_magics.config.settings import Settings
from llmops_magics.errors import (
    EndpointError,
    ModelTimeoutError,
    RateLimitError,
    RequestRejectedError,
    UnknownModelError,
)
from llmops_magics.models.chat import ChatRequest
from llmops_magics.models.client import ModelClient
from llmops_magics.models.limits import LimitInterceptor
from llmops_magics.testing import Reply, ScriptedProcess

REQUEST = ChatRequest(model="mine/m", messages=({"role": "user", "content": "?"},))


@pytest.fixture
def connect(monkeypatch):
    """``connect(base_url, key, **limits)`` gives a client and its limits."""

    def make(base_url, key, *, max_retries=2, timeout_s=10.0, minute_s=60.0, **limits):
        monkeypatch.setenv("MINE_KEY", key)
        endpoint = {"base_url": base_url, "api_key_env": "MINE_KEY", **limits}
        models = {"max_retries": max_retries, "timeout_s": timeout_s}
        settings = Settings.model_validate({"endpoints": {"mine": endpoint}, "models": models})
        interceptor = LimitInterceptor(settings, first_backoff_s=0.01, minute_s=minute_s)
        return ModelClient(settings, [interceptor]), interceptor

    return make


@pytest.fixture
def ask(connect, scripted_server):
    """``ask(script, count)`` makes calls at once; gives answers or errors, and the server."""

    def run(script, count=1, **options):
        server = scripted_server(script)
        client, limits = connect(server.base_url, server.api_key, **options)

        async def work():
            calls = [client.chat(REQUEST) for _ in range(count)]
            answers = await asyncio.gather(*calls, return_exceptions=True)
            server.concurrency = limits.gate("mine").concurrency
            await client._transport.close()
            return answers

        return asyncio.run(work()), server

    return run


@pytest.mark.parametrize(
    "failure",
    [
        Reply.rate_limited(0.05),
        Reply.error(429),
        Reply.error(500),
        Reply.error(503),
        Reply.error(408),
        Reply(disconnect=True),
        Reply("Paris", cut_after=20),
    ],
)
def test_a_call_is_tried_again(ask, failure):
    [answer], server = ask([failure, failure, "Paris"])
    assert (answer.text, answer.retries, len(server.requests)) == ("Paris", 2, 3)


def test_a_call_that_is_late_is_tried_again(ask):
    [answer], _ = ask([Reply("late", latency_ms=30_000), "Paris"], timeout_s=0.5)
    assert answer.text == "Paris"
    assert answer.retries >= 1  # on a busy machine, more


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (Reply.rate_limited(0), RateLimitError),
        (Reply.error(500), EndpointError),
        (Reply(disconnect=True), EndpointError),
    ],
)
def test_the_last_error_says_how_often_it_was_tried(ask, failure, kind):
    [error], server = ask(failure)
    assert type(error) is kind
    assert error.message.endswith("It was tried 3 times.")
    assert (error.tries, len(server.requests)) == (3, 3)


def test_a_late_call_says_so_in_the_end(ask):
    [error], _ = ask(Reply("late", latency_ms=5000), timeout_s=0.05, max_retries=1)
    assert isinstance(error, ModelTimeoutError)
    assert error.may_be_billed


def test_what_will_not_succeed_is_not_tried_again(ask):
    [error], server = ask(Reply.error(400))
    assert (type(error), len(server.requests)) == (RequestRejectedError, 1)
    assert "tried" not in error.message


def test_a_server_that_comes_up_late_is_found(connect):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    client, _ = connect(address, "key")
    with pytest.raises(EndpointError, match=r"cannot reach mine .* tried 3 times"):
        client.chat_blocking(REQUEST)
    client.close()


def test_no_call_starts_while_a_retry_after_holds(ask):
    arrivals = []

    def script(_):
        arrivals.append(time.monotonic())
        return Reply.rate_limited(0.3) if len(arrivals) == 1 else Reply("Paris")

    answers, _ = ask(script, 6, max_concurrency=1)
    assert [a.text for a in answers] == ["Paris"] * 6
    assert arrivals[1] - arrivals[0] >= 0.3


def test_a_wait_that_is_too_long_ends_at_once(ask):
    answers, server = ask(Reply.rate_limited(7200), 5, max_concurrency=1)
    assert all(isinstance(a, RateLimitError) for a in answers)
    assert re.search(r"720[01] s", answers[0].message)
    assert len(server.requests) == 1


def test_a_fixed_concurrency_is_never_passed(ask):
    answers, server = ask(Reply("Paris", latency_ms=20), 12, max_concurrency=3)
    assert {a.text for a in answers} == {"Paris"}
    assert server.peak_concurrency <= 3


def test_the_concurrency_adapts_to_what_the_endpoint_bears(ask):
    """Three at once are served; whoever comes beyond is refused."""
    under_way = 0

    def script(_):
        nonlocal under_way
        if under_way >= 3:
            return Reply.error(429)
        under_way += 1
        asyncio.get_running_loop().call_later(0.01, done)
        return Reply("Paris", latency_ms=10)

    def done():
        nonlocal under_way
        under_way -= 1

    answers, server = ask(script, 60, max_retries=6)
    refused = len(server.requests) - 60
    assert [a.text for a in answers] == ["Paris"] * 60
    assert server.concurrency <= 16  # of 60
    assert refused < 150  # at 60 at once it would be over 500


def test_so_many_requests_in_any_window(ask):
    started = time.monotonic()
    answers, _ = ask("Paris", 9, requests_per_minute=4, minute_s=0.25)
    assert [a.text for a in answers] == ["Paris"] * 9
    assert 0.5 <= time.monotonic() - started < 10  # 4 + 4 + 1


def test_so_many_tokens_in_any_window(ask):
    started = time.monotonic()
    answers, _ = ask(Reply("Paris", usage=(50, 50)), 3, tokens_per_minute=100, minute_s=0.2)
    assert len(answers) == 3
    assert 0.4 <= time.monotonic() - started < 10


def test_a_call_that_is_cancelled_while_it_waits_leaks_no_place(connect, scripted_server):
    server = scripted_server(Reply("Paris", latency_ms=50))
    client, limits = connect(server.base_url, server.api_key, max_concurrency=1)

    async def work():
        calls = [asyncio.create_task(client.chat(REQUEST)) for _ in range(3)]
        await asyncio.sleep(0.02)
        for call in calls[:2]:  # one under way, one waiting
            call.cancel()
        assert (await calls[2]).text == "Paris"
        assert (await asyncio.wait_for(client.chat(REQUEST), 5)).text == "Paris"
        assert limits.gate("mine")._running == 0
        await client._transport.close()

    asyncio.run(work())


def test_each_loop_has_its_own_gates_and_a_loop_that_ended_is_forgotten(connect, scripted_server):
    server = scripted_server("Paris")
    client, limits = connect(server.base_url, server.api_key, max_concurrency=1)
    for _ in range(2):
        assert client.chat_blocking(REQUEST).text == "Paris"
    client.close()
    asyncio.run(_enter(limits))
    asyncio.run(_enter(limits))  # the place was taken on another loop


async def _enter(limits):
    await asyncio.wait_for(limits.gate("mine").enter(), 1)


def test_limits_hold_on_both_sides_of_a_fork(connect, in_child):
    with ScriptedProcess("Paris") as server:
        client, _ = connect(server.base_url, server.api_key, max_concurrency=1)
        assert client.chat_blocking(REQUEST).text == "Paris"
        assert in_child(lambda: client.chat_blocking(REQUEST).text == "Paris")
        assert client.chat_blocking(REQUEST).text == "Paris"
        client.close()


def test_an_unknown_endpoint_has_no_limits_and_its_own_error(connect):
    client, _ = connect("http://127.0.0.1:1/v1", "key")
    with pytest.raises(UnknownModelError):
        client.chat_blocking(ChatRequest(model="nowhere/m", messages=REQUEST.messages))
    client.close()
