from __future__ import annotations

import json
from dataclasses import replace

import pytest

from llmops_magics.models.answer import is_sensitive, question_digest, read_answer, write_answer
from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage

CALL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
ANSWER = ChatResponse(
    text="Paris \U0001f5fc \x00",
    model="m-2026",
    finish_reason="tool_calls",
    usage=Usage(input_tokens=7, output_tokens=3, cached_input_tokens=2, reasoning_tokens=1),
    response_id="r-1",
    latency_ms=50.25,
    endpoint="mine",
    trace_id="t",
    cost_usd="0.0012",
    tool_calls=(CALL,),
)
REQUEST = ChatRequest(
    model="mine/m", messages=({"role": "user", "content": "?"},), settings={"temperature": 0.5}
)


def key_of(request=REQUEST, base_url="http://x/v1", model="m"):
    return question_digest(request, base_url, model)


@pytest.mark.parametrize(
    "change",
    [
        {"messages": ({"role": "user", "content": "!"},)},
        {"messages": ({"role": "system", "content": "?"},)},
        {"settings": {"temperature": 0.7}},
        {"settings": {}},
        {"repeat": 1},
    ],
)
def test_what_decides_the_answer_is_in_the_key(change):
    assert key_of(replace(REQUEST, **change)) != key_of()


@pytest.mark.parametrize(
    "change",
    [
        {"model": "alias/m"},
        {"prompt_ref": "p@1"},
        {"purpose": "judge"},
        {"attributes": {"llmops.case.id": "a"}},
        {"timeout_s": 3.0},
    ],
)
def test_what_only_the_trace_sees_is_not(change):
    assert key_of(replace(REQUEST, **change)) == key_of()


def test_where_a_call_goes_is_in_the_key():
    assert len({key_of(), key_of(base_url="http://y/v1"), key_of(model="n")}) == 3
    assert key_of(base_url="http://x/v1/") == key_of()


def test_an_answer_comes_back_as_it_was():
    body = json.loads(json.dumps(write_answer("k", ANSWER)))
    assert read_answer("k", body, "mine") == replace(ANSWER, trace_id="", cached=True)


def test_usage_and_cost_may_be_unknown():
    answer = replace(ANSWER, usage=None, cost_usd=None)
    again = read_answer("k", write_answer("k", answer), "mine")
    assert (again.usage, again.cost_usd) == (None, None)


def test_a_row_of_another_question_is_no_answer():
    assert read_answer("other", write_answer("k", ANSWER), "mine") is None


def test_a_changed_answer_is_none():
    body = write_answer("k", ANSWER)
    body["answer"]["text"] = "London"
    assert read_answer("k", body, "mine") is None


@pytest.mark.parametrize(
    "body", [None, 3, "text", [], {}, {"answer": None, "digest": ""}, {"answer": {}}, {"digest": 1}]
)
def test_a_foreign_row_is_none(body):
    assert read_answer("k", body, "mine") is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, False),
        ({"text": "Write to ada.lovelace@example.com"}, True),
        ({"tool_calls": ({"function": {"arguments": '{"to": "ada@example.com"}'}},)}, True),
    ],
)
def test_what_would_be_masked_is_sensitive(change, expected):
    assert is_sensitive(replace(ANSWER, **change)) is expected
