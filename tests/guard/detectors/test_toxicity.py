# ruff: noqa: RUF001 (look-alikes are what is tested here)
from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmops_magics.guard.detector import Context
from llmops_magics.guard.detectors.toxicity import open_detector

DATA = Path(__file__).parents[4] / "shared/data/guard/train.jsonl"


def kinds(text):
    found = open_detector("").scan(text, Context(boundary="output"))
    return {(f.kind.removeprefix("toxicity."), f.severity) for f in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("You are such an idiot.", ("insult", "medium")),
        ("you're stupid", ("insult", "medium")),
        ("Shut the fuck up!", ("insult", "medium")),
        ("I will kill you", ("threat", "high")),
        ("I'm going to find you and hurt your family", ("threat", "high")),
        ("All jews should die", ("hate", "high")),
        ("Immigrants are vermin", ("hate", "high")),
        ("She gave him a blowjob", ("sexual", "medium")),
        ("I want to kill myself", ("self-harm", "high")),
        ("Go kill yourself", ("self-harm", "critical")),
        ("That is fucking great", ("profanity", "low")),
    ],
)
def test_each_category(text, expected):
    assert expected in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "y0u are an id10t",
        "f u c k  y o u",
        "you are an id\u200biot",
        "Fυсk you",
        "lbh ner na vqvbg, lbh zbeba",
        "you aré an ídiot",
    ],
)
def test_disguised_abuse_is_seen(text):
    assert ("insult", "medium") in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "How do I kill a Python process?",
        "How can I kill time at the airport?",
        "You killed it on stage, you are a good boy.",
        "I will kill you with kindness",
        "A suicide prevention hotline is open all day.",
        "You are dead right.",
        "Scunthorpe, Essex, Dick Turpin and cockpits",
        "Women should be paid as men are.",
        "All immigrants should be welcome.",
        "The novel is about murder, sex and hatred.",
    ],
)
def test_words_with_another_use_are_none(text):
    assert not kinds(text)


@pytest.mark.skipif(not DATA.exists(), reason="the labelled texts (shared/data/guard) are not here")
def test_benign_texts_with_trigger_words_are_hardly_ever_flagged():
    rows = map(json.loads, DATA.read_text("utf-8").strip().split("\n"))
    benign = [row["text"] for row in rows if row["label"] == "benign"]
    flagged = [text for text in benign if {severity for _, severity in kinds(text)} - {"low"}]
    assert len(flagged) <= 0.002 * len(benign)
