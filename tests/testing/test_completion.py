from __future__ import annotations

import json

import pytest

from llmops_magics.testing import Reply, ScriptedServer
from llmops_magics.testing.call import Call
from llmops_magics.testing.completion import completion_payload

WEATHER = {"name": "weather", "arguments": {"city": "Paris"}, "id": "c9"}


def body(reply, **request):
    messages = [{"role": "user", "content": "a b c"}]
    call = Call(request={"model": "m", "messages": messages, **request}, number=7)
    return json.loads(completion_payload(reply, call).parts[0])


def test_the_calls_number_is_in_the_id():
    assert body(Reply("x"))["id"] == "chatcmpl-scripted-7"


def test_usage_as_counted_given_whole_or_left_out():
    counted = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    assert body(Reply("x y"))["usage"] == counted
    assert body(Reply("x", usage=(10, 20)))["usage"]["total_tokens"] == 30
    cached = {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 8}}
    assert body(Reply("x", usage=cached))["usage"] == cached
    assert "usage" not in body(Reply("x", usage={}))


def test_model_and_finish_reason():
    answer = body(Reply("x", model="m-2026", finish_reason="length"))
    assert answer["model"] == "m-2026"
    assert answer["choices"][0]["finish_reason"] == "length"


def test_several_choices():
    answer = body(Reply("x"), n=3)
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2]
    assert answer["usage"]["completion_tokens"] == 3


def test_tool_calls(ask):
    with ScriptedServer(Reply(tool_calls=[WEATHER, {"name": "f", "arguments": "{no"}])) as server:
        choice = ask(server).choices[0]
    first, second = choice.message.tool_calls
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    assert (first.id, first.function.name) == ("c9", "weather")
    assert json.loads(first.function.arguments) == {"city": "Paris"}
    assert (second.id, second.function.arguments) == ("call_2", "{no")


def test_streamed_tool_calls(ask):
    with ScriptedServer(Reply("Wait.", tool_calls=[WEATHER])) as server:
        chunks = ask(server, stream=True)
    deltas = [chunk.choices[0].delta for chunk in chunks]
    (tool_call,) = [d.tool_calls[0] for d in deltas if d.tool_calls]
    assert tool_call.function.name == "weather"
    assert "".join(d.content or "" for d in deltas) == "Wait."
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("stream", [False, True])
def test_headers(stream):
    import openai

    reply = Reply("x", headers={"x-request-id": "r1", "content-type": "text/plain"})
    with (
        ScriptedServer(reply) as server,
        openai.OpenAI(base_url=server.base_url, api_key=server.api_key) as client,
    ):
        raw = client.chat.completions.with_raw_response.create(
            model="m", messages=[{"role": "user", "content": "?"}], stream=stream
        )
        raw.http_response.close()
    assert raw.headers["x-request-id"] == "r1"
    assert raw.headers["content-type"] == "text/plain"
