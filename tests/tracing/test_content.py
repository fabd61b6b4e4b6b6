from __future__ import annotations

import json
import time

import pytest

from llmops_magics.record import digest_bytes
from llmops_magics.tracing.content import MAX_CONTENT_CHARS, cut, messages_attribute

KEY = "sk-proj-" + "a1B2" * 8


def parts(content):
    (message,) = json.loads(messages_attribute([{"role": "user", "content": content}]))
    assert message["role"] == "user"
    (part,) = message["parts"]
    assert part["type"] == "text"
    return part["content"]


def test_messages_are_parts_as_the_conventions_have_it():
    assert parts("Größe?") == "Größe?"
    assert parts(None) == ""


def test_secrets_are_masked_in_text_and_in_parts():
    assert parts(f"use {KEY}") == "use [openai-key]"
    assert KEY not in parts([{"type": "text", "text": KEY}])


def test_a_secret_is_masked_before_the_text_is_cut():
    text = "x" * (MAX_CONTENT_CHARS - 10) + " " + KEY
    assert "sk-proj" not in parts(text)


def test_what_is_too_long_is_cut_and_says_so():
    assert cut("a" * MAX_CONTENT_CHARS) == "a" * MAX_CONTENT_CHARS
    assert cut("a" * (MAX_CONTENT_CHARS + 7)).endswith("a… (7 characters cut)")


def test_an_image_is_noted_and_not_copied():
    url = "data:image/png;base64," + "QUJD" * 100
    content = [
        {"type": "text", "text": "what is it?"},
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
    ]
    written = messages_attribute([{"role": "user", "content": content}])
    text, inline, remote = json.loads(written)[0]["parts"]
    assert text["content"] == "what is it?"
    assert (inline["mime_type"], inline["bytes"]) == ("image/png", 300)
    assert inline["digest"] == digest_bytes(b"ABC" * 100)
    assert "QUJDQUJD" not in written
    assert remote["uri"] == "https://example.org/a.png"


def test_tool_calls_are_parts_with_secrets_masked():
    call = {"id": "c1", "function": {"name": "look_up", "arguments": json.dumps({"key": KEY})}}
    written = messages_attribute([{"role": "assistant", "content": "", "tool_calls": [call]}])
    part = json.loads(written)[0]["parts"][1]
    assert (part["type"], part["name"]) == ("tool_call", "look_up")
    assert KEY not in written


@pytest.mark.parametrize(
    "content",
    [
        ["plain", None, 7],
        [{"type": "image_url", "image_url": "https://example.org/a.png"}],
        [{"type": "image_url", "image_url": None}],
        [{"type": "input_audio", "input_audio": {"data": "AAAA"}}],
        [{"type": "image_url", "image_url": {"url": "data:image/png;base64,not base64!"}}],
        {"text": "no list"},
    ],
)
def test_a_shape_that_nobody_expected_is_noted_and_breaks_nothing(content):
    [message] = json.loads(messages_attribute([{"role": "user", "content": content}]))
    assert message["parts"]


def test_roles_names_and_ids_are_masked_too():
    call = {"id": KEY, "function": {"name": KEY, "arguments": json.dumps({"k": KEY})}}
    image = {"image_url": {"url": f"data:{KEY};base64,AAAA"}}
    message = {"role": KEY, "content": [image], "tool_calls": [call]}
    noted = messages_attribute([message])
    assert KEY not in noted
    assert noted.count("[openai-key]") == 5
    assert "<object" in messages_attribute([{"role": object(), "content": "x"}])


def test_ten_megabytes_cost_what_is_kept_and_a_secret_at_the_cut_is_not_told():
    for before in range(MAX_CONTENT_CHARS - 45, MAX_CONTENT_CHARS + 5, 5):
        assert KEY[:20] not in parts("a " * (before // 2) + KEY + " 1" * 20_000)
    began = time.process_time()
    noted = parts("call +49 170 1234567, " * 500_000)
    assert time.process_time() - began < 0.5
    assert noted.endswith("characters cut)")
    assert len(noted) < MAX_CONTENT_CHARS + 40
