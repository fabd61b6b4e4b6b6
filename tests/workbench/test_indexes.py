"""Indexes of corpora that are read from files."""

from __future__ import annotations

import numpy as np
import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.corpus.registry import CorpusRegistry
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.storage.store import Store
from llmops_magics.workbench.indexes import Indexes


class LetterEmbedder:
    """Counts letters; the vector of "ab" is (1, 1, 0, …)."""

    name = "test/letters"
    dimension = 26
    fingerprint = "sha256:letters"
    embedded = 0

    def embed(self, texts):
        self.embedded += len(texts)
        rows = [[text.lower().count(chr(97 + n)) for n in range(26)] for text in texts]
        return np.array(rows, dtype=np.float32) + np.float32(0.001)


@pytest.fixture
def embedder():
    return LetterEmbedder()


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    for n in range(20):
        (folder / f"{n:02}.txt").write_text(f"Page {n} says {chr(97 + n) * 9}.")
    return folder


@pytest.fixture
def corpora(tmp_path, docs):
    store = Store.open(f"sqlite:///{tmp_path / 'store' / 'db.sqlite'}")
    registry = CorpusRegistry(store, lambda: "ada", root=tmp_path)
    registry.add("docs", docs)
    yield registry
    store.close()


@pytest.fixture
def indexes(tmp_path, corpora, embedder):
    registry = IndexRegistry(
        corpora._store,
        tmp_path / "chroma",
        lambda: embedder,
        lambda: "ada",
        corpora=lambda: corpora,
    )
    return Indexes(lambda: registry, lambda: corpora, root=tmp_path)


def test_a_corpus_is_built_by_name_and_by_version(indexes, corpora, docs):
    first = indexes.build("docs")
    assert (first.corpus_version, first.document_count, first.chunker) == (1, 20, "semchunk:200/0")
    assert first.corpus_fingerprint == corpora.resolve("docs").fingerprint
    (docs / "00.txt").write_text("other")
    corpora.add("docs", docs)
    assert indexes.build("docs").corpus_version == 2
    assert indexes.build("docs", "docs@1").fingerprint == first.fingerprint


def test_documents_and_their_corpus_have_one_fingerprint(indexes, corpora):
    by_name = indexes.build("docs")
    assert indexes.build("copy", corpora.documents("docs")).fingerprint == by_name.fingerprint


def test_a_refresh_reads_the_files_again(indexes, corpora, docs, embedder):
    indexes.build("docs")
    embedder.embedded = 0
    (docs / "03.txt").write_text("zzz zzz")
    (docs / "04.txt").unlink()
    assert indexes.refresh("docs", reads_source=False).way == "there"
    change = indexes.refresh("docs")
    assert (change.way, change.embedded, change.removed) == ("copied", 1, 2)
    assert change.manifest.corpus_version == corpora.resolve("docs").number == 2
    assert indexes.retrieve("docs", ["zzz"], k=1)[0][0].document_id == "03.txt"
    assert embedder.embedded == 2
    assert indexes.refresh("docs").action == ""


def test_a_status_reads_small_sources_again(indexes, docs, monkeypatch):
    indexes.build("docs")
    (docs / "03.txt").write_text("zzz zzz")
    (docs / "04.txt").unlink()
    (docs / "20.txt").write_text("new")
    status = indexes.status("docs", ["stale <= 5%", "missing == 0", "age <= 7d"])
    assert (status.fresh, status.stale, status.missing, status.orphaned) == (18, 1, 1, 1)
    assert [rule.verdict for rule in status.rules] == ["PASS", "FAIL", "PASS"]
    assert (status.verdict, status.exit_code, status.compared_with) == ("FAIL", 1, "docs")
    monkeypatch.setattr("llmops_magics.workbench.indexes.READ_CHARACTERS", 10)
    stored = indexes.status("docs")
    assert (stored.fresh, stored.compared_with) == (20, "docs@1")
    assert "was not read again" in stored.remarks[0]
    assert indexes.status("docs", reads_source=True).stale == 1


def test_sources_that_are_gone_are_no_pass(indexes, docs):
    indexes.build("docs")
    docs.rename(docs.with_name("elsewhere"))
    status = indexes.status("docs", ["stale <= 1%", "age <= 7d"])
    assert [rule.verdict for rule in status.rules] == ["INCONCLUSIVE", "PASS"]
    assert (status.exit_code, status.is_compared) == (3, False)
    with pytest.raises(RetrievalError):
        indexes.refresh("docs")
    assert len(indexes.retrieve("docs", ["page"], k=30)[0]) == 20


def test_a_table_is_refreshed_by_adding_it(indexes, corpora, embedder):
    rows = [{"id": str(n), "text": f"row {n} " + "q" * n} for n in range(20)]
    corpora.add("table", rows)
    indexes.build("table")
    change = indexes.refresh("table")
    assert "read by adding it" in change.remarks[0]
    rows[0]["text"] = "vvv"
    corpora.add("table", rows)
    assert indexes.status("table").stale == 1
    embedder.embedded = 0
    assert indexes.refresh("table").embedded == embedder.embedded == 1


def test_an_index_of_documents_alone_is_refreshed_with_documents(indexes, corpora):
    documents = corpora.documents("docs")
    indexes.build("loose", documents, chunker="whole")
    assert indexes.status("loose").is_compared is False
    with pytest.raises(RetrievalError):
        indexes.refresh("loose")
    change = indexes.refresh("loose", documents[:19])
    assert (change.manifest.chunker, change.removed) == ("whole", 1)


def test_names_and_secrets_in_ids_are_masked(indexes, docs):
    indexes.build("docs")
    (docs / "ada@example.org.txt").write_text("new")
    assert indexes.status("docs").examples["missing"] == ("[email]",)
    assert indexes.names() == ("docs",)
    indexes.drop("docs")
    assert indexes.list().indexes == ()
