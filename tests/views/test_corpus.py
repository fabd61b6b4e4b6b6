"""What is seen of corpora, and that no number of documents makes it large."""

from __future__ import annotations

import json

import corpus_records as records
import pytest

import llmops_magics.views  # noqa: F401
from llmops_magics.record import VIEWS
from llmops_magics.retrieval.corpus.record import CorpusList

MANY = tuple(f"docs/{n:06}.md" for n in range(100_000))


def html(record):
    return VIEWS[record.kind].html(record)


def test_what_was_skipped_is_said_with_its_reason():
    text = str(records.version("plain"))
    assert "plain@2: unchanged" in text
    assert "7 skipped, plain (plain, plain and 5 more)" in text
    assert "groups: plain 300" in text
    assert "not UTF-8: plain 1" in text
    assert "⚠ 7 skipped" in html(records.version("plain"))


def test_public_documents_in_utf8_need_no_word():
    version = records.version("plain", groups={"public": 300}, encodings={"utf-8": 300})
    assert "groups" not in str(version)
    assert "UTF-8" not in str(version)


def test_an_empty_list_says_what_to_do():
    assert "%llm_corpus add" in str(CorpusList(corpora=()))
    assert str(CorpusList(corpora=(records.version("a"),))).startswith("1 corpus\n")


@pytest.mark.parametrize("record", [records.diff("a", MANY), records.check("a", MANY)])
def test_any_number_of_ids_is_counted_and_the_first_are_shown(record):
    assert "100,000 added" in str(record)
    assert "and 99,980 more" in str(record)
    assert "and 99,800 more documents in the record" in html(record)
    shown = VIEWS[record.kind].json(record)
    assert (shown["cut"]["added"], len(shown["added"])) == (100_000, 200)
    assert len(html(record)) + len(json.dumps(shown)) < 50_000
    assert len(record.added) == 100_000


def test_a_check_says_whether_the_source_has_changed():
    assert str(records.check("a")).startswith("a: the source has changed")
    assert "read from function a" in str(records.check("a"))


def test_what_documents_hold_is_masked_when_it_is_shown():
    shown = records.view("write to ada@example.org")
    assert "ada@example.org" not in html(shown) + str(shown)


@pytest.mark.parametrize("record", records.every_record("x" * 50_000), ids=lambda r: r.kind)
def test_every_view_is_bounded(record):
    assert len(html(record)) < 1_000_000
    assert len(str(record)) < 300_000
