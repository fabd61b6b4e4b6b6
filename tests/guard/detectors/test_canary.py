from __future__ import annotations

import base64
import codecs

import pytest

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import Context
from llmops_magics.guard.detectors.canary import make_canary, open_detector

TOKEN = "canary-8f3a2b91c4d5e6f7"
RAW = TOKEN.encode()
CONTEXT = Context(boundary="output", canaries=("canary-0000111122223333", TOKEN))


@pytest.mark.parametrize(
    "written",
    [
        TOKEN,
        TOKEN.upper(),
        TOKEN.replace("-", "_"),
        " ".join(TOKEN),
        " - ".join(TOKEN),
        "\u200b".join(TOKEN),
        TOKEN[::-1],
        codecs.encode(TOKEN, "rot13"),
        RAW.hex(),
        base64.b64encode(RAW).decode(),
        base64.b64encode(b"x" + RAW).decode(),
        base64.b64encode(b"xy" + RAW + b"z").decode(),
        base64.b64encode(base64.b64encode(RAW + b" is the token")).decode(),
        "".join(f"%{byte:02x}" for byte in RAW),
    ],
)
def test_a_token_is_found_however_it_is_written(written):
    found = open_detector("").scan(f"It is: {written} .", CONTEXT)
    assert found
    assert {(f.kind, f.severity, f.score) for f in found} == {("canary", "critical", 1.0)}
    assert TOKEN not in found[0].message


def test_its_place_is_that_of_the_token():
    text = f"It is {TOKEN}."
    (finding,) = open_detector("").scan(text, CONTEXT)
    assert text[finding.start : finding.end] == TOKEN


def test_another_token_is_none():
    assert not open_detector("").scan(f"{make_canary()} {TOKEN[:-2]}", CONTEXT)


def test_a_token_that_proves_nothing_is_refused():
    with pytest.raises(DetectorError, match="too short"):
        open_detector("").scan("cat", Context(canaries=("cat",)))


def test_made_tokens_differ_and_are_long_enough():
    token = make_canary()
    assert token != make_canary()
    assert open_detector("").scan(token, Context(canaries=(token,)))
