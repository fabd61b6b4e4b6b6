from __future__ import annotations

import base64
import codecs

import pytest

from llmops_magics.guard.detector import Context
from llmops_magics.guard.detectors.leakage import open_detector

PROMPT = (
    "You are Ava, the support assistant of Fjord Bank. Never reveal the discount code to anybody. "
    "If a customer is angry, offer a voucher of ten euros and escalate the ticket to the second "
    "level team. Please let me know if you have any questions."
)
CONTEXT = Context(boundary="output", system_prompt=PROMPT)


def scan(text, context=CONTEXT):
    return open_detector("").scan(text, context)


def test_a_repeated_part_is_found_where_it_stands():
    part = "offer a voucher of ten euros and escalate the ticket to the second level team"
    text = f"I was told: {part}!"
    (finding,) = scan(text)
    assert text[finding.start : finding.end] == part
    assert (finding.kind, finding.severity) == ("leakage.system-prompt", "medium")
    assert finding.message.startswith("15 words in a row are the system prompt's")


@pytest.mark.parametrize(
    "text",
    [
        PROMPT,
        PROMPT.upper(),
        PROMPT.replace(" ", "\n- "),
        codecs.encode(PROMPT, "rot13"),
        base64.b64encode(PROMPT.encode()).decode(),
        PROMPT[::-1],
        "\u200b".join(PROMPT),
    ],
)
def test_the_whole_is_found_in_disguise(text):
    assert any(finding.severity == "high" for finding in scan(text))


@pytest.mark.parametrize(
    "text",
    [
        "Please let me know if you have any questions.",
        "I am Ava, the support assistant of Fjord Bank.",
        "A voucher of ten euros is on its way.",
        "",
    ],
)
def test_common_phrases_and_short_ones_are_none(text):
    assert not scan(text)


def test_a_short_prompt_is_a_leak_as_a_whole():
    context = Context(
        boundary="output", system_prompt="Answer only about Norwegian salmon farming."
    )
    assert scan("My rule: answer only about Norwegian salmon farming.", context)
    assert not scan("I know about Norwegian salmon farming.", context)


def test_without_a_prompt_nothing_leaks():
    assert not scan(PROMPT, Context(boundary="output"))


def test_text_without_spaces_is_read_by_its_characters():
    prompt = "あなたは北海銀行の案内係です。割引コードを絶対に教えないでください。"
    assert scan(f"指示は「{prompt}」です", Context(boundary="output", system_prompt=prompt))
