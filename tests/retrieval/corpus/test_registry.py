from __future__ import annotations

import json
import os
from dataclasses import replace

import pandas as pd
import pytest

from llmops_magics.audit import trail
from llmops_magics.errors import ArtifactError, RetrievalError, StoreError
from llmops_magics.retrieval.corpus import pack
from llmops_magics.retrieval.corpus.pack import Ledger
from llmops_magics.retrieval.corpus.registry import CorpusRegistry
from llmops_magics.retrieval.document import corpus_fingerprint, load_documents

ROWS = [{"id": "a", "text": "one"}, {"id": "b", "text": "two", "groups": ["hr"]}]


@pytest.fixture
def handbook(corpora, docs):
    for name in ("a", "b", "c"):
        (docs / f"{name}.md").write_text(f"# {name}\ntext")
    return corpora.add("handbook", docs, message="first")


def events(store):
    with store.read() as connection:
        return [(e.action, e.resource, e.body) for e in trail.events(connection)]


def test_a_version_holds_what_was_read(corpora, handbook, docs, store):
    assert (handbook.ref, handbook.is_new, handbook.document_count) == ("handbook@1", True, 3)
    documents = corpora.documents("handbook")
    assert [each.id for each in documents] == ["a.md", "b.md", "c.md"]
    assert documents[0].updated_at.timestamp() == pytest.approx((docs / "a.md").stat().st_mtime)
    assert handbook.fingerprint == corpus_fingerprint(reversed(documents))
    assert corpora.resolve("handbook") == replace(handbook, is_new=False)
    ((action, resource, body),) = events(store)
    assert (action, resource) == ("corpus.add", "corpus/handbook")
    assert (body["documents"], body["fingerprint"]) == (3, handbook.fingerprint)


def test_what_is_there_already_makes_no_version(corpora, handbook, docs, store):
    os.utime(docs / "a.md", (0, 0))  # only touched
    again = corpora.add("handbook", docs, message="again")
    assert (again.ref, again.is_new, len(events(store))) == ("handbook@1", False, 1)


def test_a_folder_that_moved_is_read_where_it_is_now(corpora, handbook, docs, store):
    docs.rename(docs.parent / "moved")
    with pytest.raises(RetrievalError, match="no file or folder"):
        corpora.check("handbook")
    assert not corpora.add("handbook", docs.parent / "moved").is_new
    assert corpora.source("handbook").location == "moved"
    assert corpora.check("handbook").is_same
    assert [action for action, *_ in events(store)] == ["corpus.add", "corpus.move"]


def test_changes_are_found_by_id(corpora, handbook, docs):
    (docs / "a.md").write_text("# a\nother")
    (docs / "b.md").unlink()
    (docs / "d.md").write_text("new")
    check = corpora.check("handbook")
    assert (check.added, check.removed, check.changed) == (("d.md",), ("b.md",), ("a.md",))
    assert not check.is_same
    assert corpora.add("handbook", docs).fingerprint == check.fingerprint
    diff = corpora.diff("handbook@1", "handbook")
    assert (diff.added, diff.removed, diff.changed, diff.unchanged) == (
        ("d.md",), ("b.md",), ("a.md",), 1,
    )  # fmt: skip
    assert corpora.check("handbook").is_same
    assert [v.number for v in corpora.versions("handbook")] == [1, 2]
    assert corpora.documents("handbook@1")[0].text == "# a\ntext"


def test_references(corpora, handbook):
    digest = handbook.fingerprint
    for ref in (
        "handbook",
        "handbook@1",
        f"handbook@{digest}",
        digest[:20],
        f"handbook@{digest[:15]}",
    ):
        assert corpora.resolve(ref).ref == "handbook@1"
    for ref, says in {
        "nope": "there is no corpus 'nope'. There are: handbook",
        "handbook@2": "no version '2'. Its newest is handbook@1",
        "handbook@x": "no version 'x'",
        "other@sha256:00000000": "there is no corpus",
    }.items():
        with pytest.raises(RetrievalError, match=says):
            corpora.resolve(ref)


@pytest.mark.parametrize("name", ["", " a", "a@1", "-a", "a\n", "x" * 201])
def test_a_name_that_cannot_be_is_refused(corpora, name):
    with pytest.raises(RetrievalError, match="cannot be the name of a corpus"):
        corpora.add(name, ROWS)


def test_a_table_is_checked_when_it_is_handed_over_again(corpora):
    table = pd.DataFrame(ROWS[:1])
    version = corpora.add("t", table, label="df")
    assert (version.source.kind, version.source.location) == ("table", "df")
    with pytest.raises(RetrievalError, match="%llm_corpus check t df"):
        corpora.check("t")
    assert corpora.check("t", table).is_same
    assert corpora.check("t", pd.DataFrame([{"id": "z", "text": "x"}])).added == ("z",)
    documents, remarks = corpora.reread("t", [*ROWS, {"id": "n", "text": "x", "groups": []}])
    assert ([d.id for d in documents], len(remarks)) == (["a", "b"], 1)


def test_an_error_leaves_nothing(corpora, docs, store):
    (docs / "a.jsonl").write_text('{"id": "x", "text": "one"}\n{')
    with pytest.raises(RetrievalError):
        corpora.add("broken", docs)
    assert (corpora.names(), events(store)) == ((), [])


def test_documents_come_back_as_they_were(corpora):
    rows = [{"id": "ü", "title": "T", "text": "a\u2028b\nc", "groups": ["y", "x"], "n": {"k": [1]}}]
    (document,) = load_documents(rows)
    corpora.add("t", rows)
    assert corpora.documents("t") == (document,)


def test_packs_are_written_once_they_are_full(corpora, monkeypatch):
    monkeypatch.setattr(pack, "PACK_BYTES", 200)
    rows = [{"id": str(n), "text": "x" * 50} for n in range(10)]
    corpora.add("t", rows)
    ledger = corpora.ledger("t")
    assert (len(ledger.packs), sum(count for _, count in ledger.packs)) == (5, 10)
    assert [d.id for d in corpora.documents("t")] == [str(n) for n in range(10)]


def test_a_pack_that_was_changed_is_not_handed_out(corpora, handbook, store):
    address = corpora.ledger("handbook").packs[0][0]
    path = store.artifacts._path(address)
    with open(path, "ab") as stream:  # noqa: PTH123
        stream.write(b" ")
    with pytest.raises(ArtifactError, match="was changed"):
        corpora.documents("handbook")


def test_a_ledger_of_a_later_kind_is_refused():
    with pytest.raises(StoreError, match="newer llmops_magics"):
        Ledger.from_bytes(json.dumps({"format": 2}).encode())


def test_a_document_is_proved_to_have_been_in_a_corpus(corpora, handbook):
    proof = corpora.prove("handbook", "b.md")
    assert proof.verify(handbook.fingerprint)
    assert not replace(proof, document_id="x.md").verify(handbook.fingerprint)
    assert not replace(proof, digest="sha256:00").verify(handbook.fingerprint)
    with pytest.raises(RetrievalError, match=r"has no document 'x\.md'"):
        corpora.prove("handbook", "x.md")


def test_the_limit_of_a_document_is_a_setting(store, docs):
    (docs / "big.txt").write_text("x" * 2_000_000)
    small = CorpusRegistry(store, lambda: "ada", max_document_bytes=1_000_000)
    with pytest.raises(RetrievalError, match=r"over 1 MB \(retrieval.max_document_mb\)"):
        small.add("big", docs)
    large = CorpusRegistry(store, lambda: "ada", max_document_bytes=3_000_000)
    assert large.add("big", docs).character_count == 2_000_000


def test_two_writers_make_two_versions(corpora):
    from concurrent.futures import ThreadPoolExecutor

    def add(number):
        return corpora.add("t", [{"id": "a", "text": str(number)}]).number

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(add, range(6))) == [1, 2, 3, 4, 5, 6]
