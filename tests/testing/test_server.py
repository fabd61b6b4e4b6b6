from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import threading
import time
import warnings

import openai
import pytest

from llmops_magics.errors import UsageError
from llmops_magics.testing import Reply, ScriptedServer

UNCLOSED = """
import openai
from llmops_magics.testing import Reply, ScriptedServer
server = ScriptedServer(Reply("a b", cut_after=2)).start()
options = {"base_url": server.base_url, "api_key": server.api_key, "max_retries": 0}
with openai.OpenAI(**options) as client:
    try:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])
    except openai.APIConnectionError:
        pass
"""


def text_of(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def test_fixed_answer(ask_each):
    with ScriptedServer("Paris") as server:
        answer = ask_each(server)
    assert answer.choices[0].message.content == "Paris"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "m"
    # "Be brief." and "What is the capital of France?" are 2 + 6 words.
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (8, 1)
    assert answer.usage.total_tokens == 9


def test_streamed_answer(ask_each):
    with ScriptedServer("Paris  is\nnice ") as server:
        chunks = ask_each(server, stream=True)
    assert text_of(chunks) == "Paris  is\nnice "
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks)


def test_streamed_usage_is_the_last_chunk(ask_each):
    with ScriptedServer(Reply("Paris", usage=(7, 3))) as server:
        chunks = ask_each(server, stream=True, stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == 10
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_template_sees_the_request(ask_each):
    with ScriptedServer(Reply.template("{{ model }}|{{ system }}|{{ user }}|{{ n }}")) as server:
        ask_each(server)
        answer = ask_each(server)
    expected = "m|Be brief.|What is the capital of France?|2"
    assert answer.choices[0].message.content == expected


def test_requests_are_recorded(ask_each):
    with ScriptedServer("Paris") as server:
        ask_each(server, temperature=0.5)
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert request["temperature"] == 0.5
    assert request["messages"][0] == {"role": "system", "content": "Be brief."}


async def _ask_many(server, count):
    http_client = openai.DefaultAioHttpClient()
    async with openai.AsyncOpenAI(
        base_url=server.base_url, api_key=server.api_key, max_retries=0, http_client=http_client
    ) as client:
        return await asyncio.gather(
            *(
                client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": f"number {i}"}]
                )
                for i in range(count)
            )
        )


def test_64_calls_at_once():
    with ScriptedServer(Reply.template("{{ user }}", latency_ms=1000)) as server:
        answers = asyncio.run(_ask_many(server, 64))
    texts = [answer.choices[0].message.content for answer in answers]
    assert texts == [f"number {i}" for i in range(64)]
    assert server.peak_concurrency == 64
    assert len({answer.id for answer in answers}) == 64


def test_an_error_in_the_script_is_raised_when_the_server_closes(ask_each):
    server = ScriptedServer(lambda request: request["no such key"]).start()
    with pytest.raises(openai.InternalServerError, match="no such key"):
        ask_each(server, max_retries=2)
    assert len(server.requests) == 1  # the client is told not to retry
    with pytest.raises(KeyError, match="no such key"):
        server.close()
    server.close()  # has been raised once


def test_pytest_fail_in_a_script_is_no_exception_and_yet_kept(ask):
    server = ScriptedServer(lambda _: pytest.fail("not this one")).start()
    with pytest.raises(openai.InternalServerError):
        ask(server)
    with pytest.raises(pytest.fail.Exception, match="not this one"):
        server.close()


def test_the_blocks_own_error_stands_and_names_the_scripts(ask):
    with (
        pytest.raises(openai.InternalServerError) as failure,
        ScriptedServer({"Germany": "Berlin"}) as server,
    ):
        ask(server)
    assert "has no answer to 'What is the capital of France?'" in failure.value.__notes__[0]


def test_closing_ends_the_thread_and_the_port():
    before = set(threading.enumerate())
    with ScriptedServer("Paris") as server:
        port = int(server.base_url.split(":")[2].split("/")[0])
        assert set(threading.enumerate()) - before
    assert set(threading.enumerate()) <= before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    with pytest.raises(UsageError, match="not running"):
        _ = server.base_url


def test_closing_breaks_off_open_calls(caplog):
    caplog.set_level(logging.DEBUG)
    server = ScriptedServer(Reply("Paris", latency_ms=60_000)).start()
    with pytest.raises(openai.APIConnectionError):
        asyncio.run(_close_while_open(server))
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


async def _close_while_open(server):
    call = asyncio.create_task(_ask_many(server, 1))
    while not server.requests:  # noqa: ASYNC110 - another loop's list
        await asyncio.sleep(0.01)
    started = time.monotonic()
    await asyncio.to_thread(server.close)
    assert time.monotonic() - started < 20
    await call


def test_a_server_can_be_started_again(ask):
    server = ScriptedServer("Paris")
    with server:
        ask(server)
        with pytest.raises(UsageError, match="already"):
            server.start()
    with server:
        assert ask(server).choices[0].message.content == "Paris"
    assert len(server.requests) == 2


@pytest.mark.parametrize("last_line", ["", "server.close()"])
def test_nothing_is_left_behind_at_exit(last_line):
    result = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", UNCLOSED + last_line],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert result.stderr == ""


def test_no_resource_warnings(ask):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ScriptedServer("Paris") as server:
            ask(server)
