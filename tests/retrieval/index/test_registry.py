from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
import psutil
import pytest
from chromadb.api.shared_system_client import SharedSystemClient

from llmops_magics.audit import trail
from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.document import Document, load_documents
from llmops_magics.retrieval.embedding.cache import EmbeddingCache
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.tracing.operation import Operations
from llmops_magics.tracing.pipeline import Tracing

ROOT = Path(__file__).parents[3]
# Chroma warns so when it looks for a function that would embed.
pytestmark = pytest.mark.filterwarnings("error:legacy embedding function")


def audit_events(store):
    with store.read() as connection:
        return list(trail.events(connection))


def test_passages_come_best_first_with_their_cosine(registry, documents):
    registry.build("colours", documents)
    ((first, second), (only, _)) = registry.retrieve("colours", ["red", "blue"], k=2)
    assert (first.document_id, first.title, first.text, first.rank) == ("r", "Red", "red red", 1)
    assert first.score == pytest.approx(1, abs=0.002)
    assert (second.document_id, second.rank) == ("b", 2)  # (1, 0, 2), title and text
    assert second.score == pytest.approx(1 / sqrt(5), abs=0.002)
    assert only.document_id == "b"


@pytest.mark.parametrize("keeps_content", [True, False])
def test_a_query_is_a_span_with_its_passages(registry, documents, keeps_content):
    spans = []
    operations = Operations(lambda: (Tracing(spans.append), keeps_content))
    observed = replace(registry, observe=lambda: operations)
    observed.build("colours", documents)
    assert observed.retrieve("colours", [], k=1) == []
    observed.retrieve("colours", ["red"], k=2)
    (span,) = spans
    assert span.name == "retrieve colours"
    assert span.attributes["gen_ai.data_source.id"] == "colours"
    assert span.attributes["llmops.retrieval.count"] == 2
    first, second = json.loads(span.attributes["gen_ai.retrieval.documents"])
    assert (first["id"], second["id"], first["rank"]) == ("r", "b", 1)
    assert first["score"] == pytest.approx(1, abs=0.002)
    assert ("content" in first, "red" in str(span.attributes)) == (keeps_content, keeps_content)


def test_the_manifest_says_what_was_built(registry, documents, store):
    manifest = registry.build("colours", documents)
    assert (manifest.document_count, manifest.dimension, manifest.space) == (3, 3, "cosine")
    assert (manifest.embedding_model, manifest.embedding_fingerprint) == (
        "test/words",
        "sha256:words",
    )
    assert manifest.collection.startswith("c-")
    assert manifest == registry.manifest("colours")
    (event,) = audit_events(store)
    assert (event.action, event.actor, event.resource) == ("index.build", "ada", "corpus/colours")
    assert event.body["fingerprint"] == manifest.fingerprint


def test_building_again_embeds_nothing_and_writes_nothing(registry, documents, embedder, store):
    seen = []
    built = registry.build("colours", documents, on_progress=lambda *step: seen.append(step))
    again = registry.build("colours", documents[::-1], on_progress=lambda *step: seen.append(step))
    assert again == built
    assert embedder.embedded == 3
    assert seen == [(0, 3), (3, 3), (3, 3)]
    assert len(audit_events(store)) == 1


def test_going_back_to_earlier_documents_makes_them_current(registry, documents, embedder):
    first = registry.build("colours", documents)
    registry.build("colours", documents[:1])
    assert len(registry.retrieve("colours", ["blue"])[0]) == 1
    back = registry.build("colours", documents)
    assert back.fingerprint == first.fingerprint
    assert len(registry.retrieve("colours", ["blue"])[0]) == 3
    assert embedder.embedded == 3 + 2  # two queries: the second and third build took vectors over


def test_a_collection_that_lost_a_chunk_is_said_and_written_anew(registry, documents, embedder):
    manifest = registry.build("colours", documents)
    with registry.builder.place.open(manifest.collection) as collection:
        collection.delete(collection.ids()[:1])
    with pytest.raises(RetrievalError, match="holds 2 of 3"):
        registry.retrieve("colours", ["green"])
    change = registry.change("colours", documents)
    assert (change.way, change.embedded, change.manifest.fingerprint) == (
        "written",
        1,  # the vectors of the other two are taken over
        manifest.fingerprint,
    )
    assert registry.retrieve("colours", ["green"])[0][0].score == pytest.approx(1, abs=0.002)


def test_another_embedder_is_refused(registry, documents, embedder):
    registry.build("colours", documents)
    embedder.fingerprint = "sha256:other"
    with pytest.raises(RetrievalError, match=r"built with test/words .*Build the index again"):
        registry.retrieve("colours", ["red"])
    registry.build("colours", documents)
    assert registry.retrieve("colours", ["red"])[0][0].document_id == "r"


def test_an_unknown_corpus_names_those_there_are(registry, documents):
    with pytest.raises(RetrievalError, match="None has been indexed"):
        registry.retrieve("x", ["red"])
    registry.build("colours", documents)
    with pytest.raises(RetrievalError, match="There are: colours"):
        registry.retrieve("x", ["red"])


def test_bad_arguments_are_refused(registry, documents):
    with pytest.raises(RetrievalError, match="no documents"):
        registry.build("colours", ())
    with pytest.raises(RetrievalError, match="same id: r"):
        registry.build("colours", (documents[0], documents[0]))
    with pytest.raises(RetrievalError, match="name of a corpus"):
        registry.build(" ", documents)
    registry.build("colours", documents)
    assert registry.retrieve("colours", []) == []
    with pytest.raises(RetrievalError, match="list of texts"):
        registry.retrieve("colours", "red")
    with pytest.raises(RetrievalError, match="k is 0"):
        registry.retrieve("colours", ["red"], k=0)


def test_vectors_that_cannot_be_compared_are_refused(registry, documents, embedder):
    embedder.embed = lambda texts: np.zeros((len(texts), 3))
    with pytest.raises(
        RetrievalError, match=r"zero or non-finite vector for 'Blue\. blue and red'"
    ):
        registry.build("colours", documents)
    embedder.embed = lambda texts: np.ones((len(texts), 2))
    with pytest.raises(RetrievalError, match=r"shape \(3, 2\) for 3 texts"):
        registry.build("colours", documents)


def test_lost_files_are_said(registry, documents):
    registry.build("colours", documents)
    moved = replace(registry, folder=registry.folder.with_name("other"))
    with pytest.raises(RetrievalError, match="holds 0 of 3"):
        moved.retrieve("colours", ["red"])


def test_a_damaged_folder_is_said(registry, documents):
    manifest = registry.build("colours", documents)
    (registry.folder / manifest.collection / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(RetrievalError, match="cannot be used"):
        registry.retrieve("colours", ["red"])


def test_many_documents_are_ranked_as_brute_force_does(store, tmp_path, embedder):
    vectors = np.random.default_rng(7).normal(size=(1500, 3)).astype(np.float32)
    embedder.embed = lambda texts: vectors[[int(text.rpartition(" ")[2]) for text in texts]]
    registry = IndexRegistry(store, tmp_path / "index", lambda: embedder, lambda: "ada")
    registry.build("many", [Document(id=str(n), text=f"number {n}") for n in range(1500)])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = np.argsort(-(unit @ unit[5]))[:150].astype(str).tolist()
    (found,) = registry.retrieve("many", ["number 5"], k=150)
    assert len(set(expected) & {passage.document_id for passage in found}) >= 149
    assert [passage.document_id for passage in found[:10]] == expected[:10]


def test_clients_and_their_files_are_released(store, tmp_path, embedder, documents):
    for number in range(4):
        registry = IndexRegistry(store, tmp_path / f"i{number}", lambda: embedder, lambda: "ada")
        registry.build(f"corpus{number}", documents)
        registry.retrieve(f"corpus{number}", ["red"])
    opened = [name for name in SharedSystemClient._identifier_to_system if str(tmp_path) in name]
    files = [file.path for file in psutil.Process().open_files() if "/i" in file.path]
    assert opened == []
    assert [path for path in files if str(tmp_path / "i") in path] == []


def test_threads_that_build_and_ask_at_once_agree(registry, documents, embedder):
    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(lambda _: registry.build("colours", documents), range(4)))
        asked = list(pool.map(lambda _: registry.retrieve("colours", ["red"]), range(4)))
    assert len({manifest.built_at for manifest in built}) == 1
    assert embedder.embedded == 3 + 4
    assert all(passages == asked[0] for passages in asked)


KILLED = """
import os, signal, sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from pathlib import Path
from conftest import WordEmbedder
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.embedding.cache import EmbeddingCache
from llmops_magics.retrieval.index import builder, filler
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.storage.store import Store

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

moment = sys.argv[5]
if moment == "embedding":
    WordEmbedder.embed = die
if moment == "before writing":
    filler.Collection.add = die
if moment == "half written":
    whole = filler.Collection.add
    filler.Collection.add = lambda self, chunks, vectors: (whole(self, chunks[:1], vectors), die())
if moment == "before the ledger":
    filler.Ledger.add = die
if moment == "before the pointer":
    builder.move = die
store, folder = Store.open(sys.argv[3]), Path(sys.argv[4])
embedder = WordEmbedder()
registry = IndexRegistry(
    store, folder, lambda: embedder, str, cache=EmbeddingCache(folder / "cache")
)
texts = [("r", "Red", "red red"), ("g", "Green", "green"), ("b", "Blue", "blue and red")]
registry.build("colours", [Document(id=i, title=t, text=x) for i, t, x in texts])
"""
MOMENTS = ("embedding", "before writing", "half written", "before the ledger", "before the pointer")


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_build_leaves_the_old_index_and_is_resumed(
    registry, documents, embedder, tmp_path, moment
):
    registry = replace(registry, cache=EmbeddingCache(registry.folder / "cache"))
    old = registry.build("colours", documents[:2])
    url, place = str(registry.store.engine.url), Path(__file__).parents[1]
    script = [sys.executable, "-c", KILLED, ROOT, place, url, registry.folder, moment]
    died = subprocess.run(script, check=False, timeout=120)
    assert died.returncode == -signal.SIGKILL
    assert registry.manifest("colours") == old
    assert len(registry.retrieve("colours", ["blue"])[0]) == 2
    embedder.embedded = 0
    change = registry.change("colours", documents)
    assert embedder.embedded == change.embedded == (1 if moment == "embedding" else 0)
    assert registry.retrieve("colours", ["blue"])[0][0].document_id == "b"
    folders = {path.name for path in registry.folder.iterdir() if path.name.startswith("c-")}
    assert {name for name in folders if not name.endswith(".lock")} == {
        old.collection,
        change.manifest.collection,
    }


@pytest.mark.slow
def test_the_embedded_model_finds_the_demos_documents(store, tmp_path):
    from llmops_magics.models.local.embedding import get_embedder

    registry = IndexRegistry(store, tmp_path / "index", get_embedder, lambda: "ada")
    documents = load_documents(ROOT / "llmops_magics/demo/data/documents.jsonl")
    manifest = registry.build("demo", documents)
    assert manifest.dimension == 384
    questions = ["How much water fits in the tank?", "How many watts does the lamp use?"]
    first, second = registry.retrieve("demo", questions, k=1)
    assert [first[0].document_id, second[0].document_id] == ["water-tank", "grow-light"]
    assert 0.3 < first[0].score < 1
