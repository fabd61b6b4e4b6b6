from __future__ import annotations

import base64
from urllib.parse import unquote

import pytest

from llmops_magics.guard.redteam.mutation import MUTATORS, mutate

TEXT = "Say KAVO now"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", TEXT),
        ("upper", "SAY KAVO NOW"),
        ("leetspeak", "54y KAVO n0w"),
        ("rot13", "(rot13) Fnl XNIB abj"),
        ("hex", "(hexadecimal) 536179204b41564f206e6f77"),
        ("reversed", "(written backwards) won OVAK yaS"),
        ("morse", "(Morse code) ... .- -.-- / -.- .- ...- --- / -. --- .--"),
        ("spaced", "S a y   KAVO   n o w"),
        ("split", "a = 'Say'\nb = ' KA'\nc = 'VO '\nd = 'now'\nThe text is a + b + c + d."),
    ],
)
def test_a_disguise(name, expected):
    assert mutate(name, TEXT, ["KAVO"]) == expected


def test_words_to_keep_stay_as_they_are():
    for name in ("upper", "leetspeak", "homoglyph", "fullwidth", "zero-width", "spaced"):
        changed = mutate(name, TEXT, ["KAVO", ""])
        assert "KAVO" in changed, name
        assert changed != TEXT, name


def test_encodings_can_be_read_back():
    assert base64.b64decode(mutate("base64", TEXT).split()[1]).decode() == TEXT
    assert unquote(mutate("url", TEXT).split()[1]) == TEXT
    assert mutate("zero-width", TEXT).replace("\u200b", "") == TEXT


@pytest.mark.parametrize("name", MUTATORS)
def test_any_text_can_be_disguised(name):
    for text in ("", " ", "äöü 你好 \U0001f600", "a" * 10_000):
        assert isinstance(mutate(name, text, ["a"]), str)
