from __future__ import annotations

import importlib.util
import sys

import pytest

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import Context
from llmops_magics.guard.detectors import secret
from llmops_magics.guard.detectors.secret import open_detector

HAS_KINGFISHER = importlib.util.find_spec("kingfisher_sdk") is not None
needs_kingfisher = pytest.mark.skipif(not HAS_KINGFISHER, reason="the extra secrets is not here")
MIXED = "Ab3xYz9QwErTy7UiOp5LkJhGf4DsZx2CvBn8Mq"  # to cut keys from; none is a real one


def scan(text, argument=""):
    return open_detector(argument).scan(text, Context())


def test_our_patterns_find_what_the_store_masks():
    key = "sk-ant-" + "api03-" + MIXED
    (found,) = scan(f"use {key} now", "patterns")
    assert (found.kind, found.severity, found.start) == ("secret.anthropic-key", "critical", 4)
    assert found.end == 4 + len(key)
    assert MIXED[:6] not in found.message


def test_what_may_be_an_example_is_high_and_not_critical():
    (found,) = scan("postgresql://user:hunter2@db/app", "patterns")
    assert (found.kind, found.severity) == ("secret.url-password", "high")


@needs_kingfisher
def test_kingfisher_adds_rules_and_each_credential_is_named_once():
    # Letters of several bytes and signs that scanners take for another encoding stand before.
    text = "\ufeffπ\0ü " + "ghp_" + MIXED[:36] + " and " + "shpat_" + "0f9e8d7c6b5a4938" * 2
    ours, theirs = sorted(scan(text), key=lambda finding: finding.start)
    assert ours.kind == "secret.github-token"
    assert theirs.kind.startswith("secret.shopify")
    assert text[theirs.start : theirs.end].startswith("shpat_0f9e")
    assert len(scan(text, "patterns")) == 1


@needs_kingfisher
def test_the_version_says_which_rules_there_were():
    assert "kingfisher-" in open_detector("").version
    assert open_detector("patterns").version == "1"


def test_kingfisher_can_be_demanded(monkeypatch):
    secret._scanner.cache_clear()
    monkeypatch.setitem(sys.modules, "kingfisher_sdk", None)
    try:
        assert open_detector("").version == "1"
        with pytest.raises(DetectorError, match="not installed") as raised:
            open_detector("kingfisher")
    finally:
        secret._scanner.cache_clear()
    assert "llmops_magics[secrets]" in raised.value.hint


def test_an_unknown_argument_is_refused():
    with pytest.raises(DetectorError, match="entropy"):
        open_detector("entropy")


def test_ordinary_text_has_no_credential():
    assert scan("The bearer of bad news; api_key = os.environ['KEY']; sk-toggleable__label") == []
