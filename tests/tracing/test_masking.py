from __future__ import annotations

import time

from trace_spans import span

from llmops_magics.tracing.content import messages_attribute
from llmops_magics.tracing.masking import MAX_ATTRIBUTE_CHARS, Masking
from llmops_magics.tracing.wordless import REDACTED

KEY = "sk-proj-1234567890abcdefghijklmnop"


def masked(masking=None, **attributes):
    return (masking or Masking()).span(span(**attributes)).attributes


def test_every_text_is_masked_wherever_it_stands():
    found = masked(**{"a": KEY, "b": [KEY, 1], "c": {KEY: {"d": KEY}}, KEY: 1, "n": None})
    assert KEY not in str(found)
    assert found["b"] == ["[openai-key]", 1]
    assert Masking().span(span(name=f"chat {KEY}")).name == "chat [openai-key]"


def test_attributes_that_are_named_are_left_out():
    masking = Masking(["customer.*", "llmops.input"])
    attributes = {"customer.name": "Ada", "customer.age": 3, "llmops.input": "x", "other": "x"}
    found = masked(masking, **attributes)
    assert found == {
        "customer.name": REDACTED, "customer.age": REDACTED, "llmops.input": REDACTED, "other": "x"
    }  # fmt: skip


def test_patterns_of_ones_own_are_masked_even_where_we_masked_before():
    masking = Masking(patterns={"ticket": r"TCK-\d{6}"})
    message = messages_attribute([{"role": "user", "content": "about TCK-123456"}])
    found = masked(masking, a="see TCK-123456", m=message)
    assert found["a"] == "see [ticket]"
    assert "[ticket]" in found["m"]


def test_ten_megabytes_are_cut_with_a_note_and_soon():
    before = time.perf_counter()
    found = masked(a="x " * 5_000_000, b=["y"] * 50_000)
    assert time.perf_counter() - before < 3
    assert MAX_ATTRIBUTE_CHARS <= len(found["a"]) < MAX_ATTRIBUTE_CHARS + 100
    assert found["a"].endswith("characters cut)")
    assert (len(found["b"]), found["b"][-1]) == (10_001, "… (40000 values cut)")


def test_a_secret_that_the_cut_would_part_is_not_left_half():
    for offset in range(-40, 10):
        text = "x" * (MAX_ATTRIBUTE_CHARS + offset) + " " + KEY + " y" * 20_000
        assert "1234567890" not in masked(a=text)["a"]


def test_what_no_database_holds_is_replaced():
    found = masked(a="\ud800\x00", b=float("nan"))
    assert found == {"a": "\ufffd\u2400", "b": None}


def test_without_content_nobodys_messages_are_kept():
    attributes = {
        "gen_ai.input.messages": "[…]",
        "gen_ai.system_instructions": "Be kind.",
        "gen_ai.tool.call.arguments": "{}",
        "llmops.error.message": "it said …",
        "gen_ai.request.model": "m",
    }
    found = masked(Masking(with_content=False), **attributes)
    assert found == dict.fromkeys(attributes, REDACTED) | {"gen_ai.request.model": "m"}
