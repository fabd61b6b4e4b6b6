from __future__ import annotations

import json
import time

import openai
import pytest

from llmops_magics.testing import Reply, ScriptedServer


@pytest.mark.parametrize("stream", [False, True])
def test_malformed_json(ask_each, stream):
    with (
        ScriptedServer(Reply.malformed()) as server,
        pytest.raises(json.JSONDecodeError),
    ):
        ask_each(server, stream=stream)


def test_cut_off_body(ask_each):
    with (
        ScriptedServer(Reply("Paris", cut_after=20)) as server,
        pytest.raises(openai.APIConnectionError) as failure,
    ):
        ask_each(server)
    assert "received 20" in str(failure.value.__cause__)


def test_cut_off_stream_delivers_what_came_before():
    pieces = []
    with ScriptedServer(Reply("Paris is nice", cut_after=3)) as server:
        options = {"base_url": server.base_url, "api_key": server.api_key, "max_retries": 0}
        with openai.OpenAI(**options) as client:
            message = {"role": "user", "content": "?"}
            chunks = client.chat.completions.create(model="m", messages=[message], stream=True)
            with pytest.raises(openai.APIConnectionError):
                pieces.extend(chunk.choices[0].delta.content for chunk in chunks)
    assert pieces == ["", "Paris ", "is "]


def test_cut_off_stream(ask_each):
    with (
        ScriptedServer(Reply("Paris is nice", cut_after=2)) as server,
        pytest.raises(openai.APIConnectionError),
    ):
        ask_each(server, stream=True)


@pytest.mark.parametrize("stream", [False, True])
def test_disconnect(ask_each, stream):
    with (
        ScriptedServer(Reply(disconnect=True)) as server,
        pytest.raises(openai.APIConnectionError),
    ):
        ask_each(server, stream=stream)
    assert len(server.requests) == 1


def test_a_retry_gets_past_a_disconnect(ask_each):
    with ScriptedServer([Reply(disconnect=True), "Paris"]) as server:
        answer = ask_each(server, max_retries=1)
    assert answer.choices[0].message.content == "Paris"


def test_chunk_latency(ask):
    with ScriptedServer(Reply("a b", chunk_latency_ms=50)) as server:
        started = time.monotonic()
        ask(server, stream=True)
    assert time.monotonic() - started >= 0.2  # role, a, b, end, [DONE]: four gaps
