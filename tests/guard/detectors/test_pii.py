from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import Context
from llmops_magics.guard.detectors.personal import KINDS
from llmops_magics.guard.detectors.pii import open_detector
from llmops_magics.redaction.personal import PERSONAL

DATA = Path(__file__).parents[4] / "shared/data/pii/dev.jsonl"
TYPES = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "ssn",
}


def scan(text):
    return open_detector("").scan(text, Context())


def test_a_finding_says_what_and_where_and_never_the_value():
    text = "Mail jane@example.com, card 4111 1111 1111 1111."
    email, card = scan(text)
    assert (email.kind, text[email.start : email.end]) == ("pii.email", "jane@example.com")
    assert (card.kind, card.severity, card.score) == ("pii.card", "high", 1.0)
    assert email.severity == "medium"
    assert "jane" not in email.message
    assert (card.detector, card.version) == ("pii", "1")


def test_every_pattern_has_a_severity():
    assert {pattern.kind for pattern in PERSONAL} <= set(KINDS)


def test_a_number_that_is_nobodys_is_not_found():
    assert scan("version 1.2.3.4, order 4111 1111 1111 1112, 2026-11-23, 12345678") == []


def test_it_takes_no_argument():
    with pytest.raises(DetectorError, match="no argument"):
        open_detector("strict")


@pytest.mark.skipif(not DATA.exists(), reason="the shared PII data is not here")
@pytest.mark.parametrize("label", TYPES)
def test_a_span_of_each_kind_is_found_in_the_public_texts(label):
    found = wanted = 0
    for row in map(json.loads, DATA.read_text("utf-8").rstrip("\n").split("\n")):
        spans = [(f.start, f.end) for f in scan(row["text"]) if f.kind == f"pii.{TYPES[label]}"]
        for gold in (span for span in row["spans"] if span["type"] == label):
            wanted += 1
            overlap = [min(e, gold["end"]) - max(s, gold["start"]) for s, e in spans]
            found += max(overlap, default=0) * 2 >= gold["end"] - gold["start"]
    assert found / wanted >= 0.85


def test_thousands_of_texts_a_second_are_read():
    texts = [f"{n} The invoice of 2026-11-23 goes to jane{n}@example.com. " * 9 for n in range(500)]
    started = time.process_time()
    assert all(scan(text[:500]) for text in texts)
    assert len(texts) / (time.process_time() - started) > 1000  # some 20,000 on a quiet machine
