"""What is seen of indexes."""

from __future__ import annotations

import json

import index_records as records
import pytest

import llmops_magics.views  # noqa: F401
from llmops_magics.record import VIEWS
from llmops_magics.retrieval.index.record import IndexList
from llmops_magics.retrieval.index.status import RuleOutcome


def html(record):
    return VIEWS[record.kind].html(record)


def test_a_change_says_what_it_took():
    text = str(records.change("docs", way="copied"))
    assert text.startswith("docs: refreshed\n")
    assert "3 texts embedded · 37 vectors taken over · 1 chunk removed" in text
    assert "documents: 2 changed · a copy of the index before, changed · 1.5 s" in text
    assert str(records.change("docs", action="drop")).startswith("docs: dropped\n")


def test_a_status_says_the_verdict_first_and_each_state():
    text = str(records.status("docs"))
    assert text.startswith("docs: FAIL\n")
    assert "INCONCLUSIVE  docs · docs" in text
    assert "39 of 40 in the store; 2 lost, 1 unknown, 3 duplicate, 0 other model" in text
    assert "source age: p50 1.0 h, p95 1.0 d, max 10.0 d, 2 unknown" in text
    assert "✗ FAIL" in html(records.status("docs"))


@pytest.mark.parametrize(
    ("changed", "badge"),
    [
        ({}, "✗ not current"),
        ({"stale": 0, "missing": 0, "orphaned": 0, "unknown_chunks": 0}, "✓ current"),
        ({"is_compared": False}, "? sources unknown"),
        ({"rules": (RuleOutcome(rule="r", verdict="PASS", reason="x"),)}, "✓ PASS"),
    ],
)
def test_the_badge_is_the_verdict_or_the_state(changed, badge):
    assert badge in html(records.status("docs", **({"rules": ()} | changed)))


def test_a_verification_says_whether_the_index_is_sound():
    assert str(records.verification("docs")).startswith("docs: not sound\n")
    clean = {"lost": 0, "unknown": 0, "altered": 0, "differing": 0, "examples": ()}
    assert "✓ sound" in html(records.verification("docs", **clean))


def test_lists_and_states_stay_small():
    many = IndexList(indexes=tuple(records.manifest(f"corpus {n}") for n in range(5000)))
    ids = tuple("x" * 1000 for _ in range(20))
    status = records.status("docs", examples={"stale": ids, "missing": ids, "orphaned": ids})
    for record in (many, status):
        assert len(html(record)) < 200_000
        assert len(json.dumps(VIEWS[record.kind].json(record))) < 120_000
    assert "and 4,800 more rows" in html(many)


def test_no_index_says_what_to_do():
    assert "%llm_index build" in str(IndexList(indexes=()))
