from __future__ import annotations

import time

import openai
import pytest

from llmops_magics.testing import Reply, ScriptedServer


def test_a_request_without_the_key_is_refused(ask_each):
    with ScriptedServer("Paris") as server:
        key, server.api_key = server.api_key, "another"
        with pytest.raises(openai.AuthenticationError) as refusal:
            ask_each(server)
        server.api_key = key
    assert refusal.value.code == "invalid_api_key"
    assert server.requests == []


def test_error_status_and_message(ask_each):
    with (
        ScriptedServer(Reply.error(503, "Down for the night.")) as server,
        pytest.raises(openai.InternalServerError, match="Down for the night") as failure,
    ):
        ask_each(server, stream=True)
    assert failure.value.status_code == 503
    assert failure.value.type == "server_error"


def test_the_client_waits_as_long_as_retry_after_says(ask_each):
    with ScriptedServer([Reply.rate_limited(0.9), "Paris"]) as server:
        started = time.monotonic()
        answer = ask_each(server, max_retries=1)
        waited_s = time.monotonic() - started
    assert answer.choices[0].message.content == "Paris"
    assert len(server.requests) == 2
    assert waited_s >= 0.9  # without the header openai waits 0.4 to 0.5 s


def test_rate_limit_without_retries(ask_each):
    with (
        ScriptedServer(Reply.rate_limited(7)) as server,
        pytest.raises(openai.RateLimitError) as limit,
    ):
        ask_each(server)
    assert limit.value.response.headers["retry-after"] == "7"
    assert limit.value.code == "rate_limit_exceeded"


def test_latency_of_server_and_reply_add_up(ask_each):
    with ScriptedServer(Reply("Paris", latency_ms=100), latency_ms=150) as server:
        started = time.monotonic()
        ask_each(server)
    assert time.monotonic() - started >= 0.25


def test_latency_outlasts_the_clients_timeout(ask_each):
    with (
        ScriptedServer(Reply("Paris", latency_ms=30_000)) as server,
        pytest.raises(openai.APITimeoutError),
    ):
        ask_each(server, timeout=0.2)


def test_models(ask):
    with (
        ScriptedServer(models=("a", "b")) as server,
        openai.OpenAI(base_url=server.base_url, api_key=server.api_key) as client,
    ):
        assert [model.id for model in client.models.list()] == ["a", "b"]


def test_embedding_failures_have_a_script_of_their_own():
    with (
        ScriptedServer(embeddings=[Reply.rate_limited(0.01), Reply(usage=(5, 0))]) as server,
        openai.OpenAI(base_url=server.base_url, api_key=server.api_key) as client,
    ):
        answer = client.embeddings.create(model="e", input="Paris")
    assert len(answer.data[0].embedding) == 384
    assert answer.usage.prompt_tokens == 5
    assert [request["path"] for request in server.requests] == ["/v1/embeddings"] * 2


@pytest.mark.parametrize("body", [{}, {"messages": []}, {"messages": ["text"]}, {"messages": 1}])
def test_a_request_without_messages_is_the_clients_mistake(body):
    with (
        ScriptedServer("Paris") as server,
        openai.OpenAI(base_url=server.base_url, api_key=server.api_key) as client,
        pytest.raises(openai.BadRequestError, match="no valid 'messages'"),
    ):
        client.post("/chat/completions", body=body, cast_to=object)
    assert server.requests == []


def test_an_unknown_path_is_not_found():
    with (
        ScriptedServer("Paris") as server,
        openai.OpenAI(base_url=server.base_url, api_key=server.api_key) as client,
        pytest.raises(openai.NotFoundError, match="There is no POST /v1/responses"),
    ):
        client.responses.create(model="m", input="?")


def test_a_call_given_up_by_the_client_is_no_longer_open(ask):
    with ScriptedServer([Reply("late", latency_ms=30_000), "Paris"]) as server:
        with pytest.raises(openai.APITimeoutError):
            ask(server, timeout=0.2)
        deadline = time.monotonic() + 5
        while server._transcript.open_calls and time.monotonic() < deadline:
            time.sleep(0.01)
        ask(server)
    assert server.peak_concurrency == 1
