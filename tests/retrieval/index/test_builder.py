from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from llmops_magics.audit import trail
from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.index.ledger import Ledger

ROOT = Path(__file__).parents[3]
# Chroma warns so when it looks for a function that would embed.
pytestmark = pytest.mark.filterwarnings("error:legacy embedding function")


def collections(registry):
    return {path.name for path in registry.folder.glob("c-*") if path.is_dir()}


def test_few_changes_are_made_to_a_copy(registry, embedder, numbered):
    first = registry.change("many", numbered(20))
    assert (first.way, first.embedded, first.added_documents) == ("written", 20, 20)
    embedder.embedded = 0
    change = registry.change("many", numbered(20, d3="blue", d4="", d20="green green"))
    assert (change.way, change.embedded, change.reused, change.removed) == ("copied", 2, 18, 2)
    assert (change.added_documents, change.changed_documents, change.removed_documents) == (1, 1, 1)
    assert embedder.embedded == 2
    assert change.manifest.changed_rows == 4
    assert registry.retrieve("many", ["blue"], k=1)[0][0].document_id == "d3"
    assert {chunk.document_id for chunk in registry.chunks("many")} == {
        f"d{k}" for k in range(21) if k != 4
    }


def test_a_copy_and_a_full_build_hold_the_same(registry, tmp_path, numbered):
    registry.build("many", numbered(20))
    copied = registry.change("many", numbered(20, d3="blue"))
    other = replace(registry, folder=tmp_path / "other").change("new", numbered(20, d3="blue"))
    assert (copied.way, other.way) == ("copied", "written")
    assert copied.manifest.fingerprint == other.manifest.fingerprint
    ledger = Ledger(registry.store)
    one, two = (
        {
            (line.id, line.content_digest, line.row_digest)
            for line in ledger.chunks(ledger.filling(change.manifest.collection).id)
        }
        for change in (copied, other)
    )
    assert one == two
    assert registry.verify("many").is_sound


def test_a_new_title_is_embedded_and_new_groups_are_not(registry, embedder, numbered):
    documents = numbered(20)
    registry.build("many", documents)
    embedder.embedded = 0
    documents[2] = replace(documents[2], title="Blue")
    documents[3] = replace(documents[3], groups=("staff",))
    documents[4] = replace(documents[4], metadata={"page": 7})
    documents[5] = replace(documents[5], updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    change = registry.change("many", documents)
    assert (change.embedded, change.rewritten, change.way) == (1, 2, "copied")
    chunks = {chunk.document_id: chunk for chunk in registry.chunks("many")}
    assert chunks["d2"].title == "Blue"
    assert chunks["d3"].groups == ("staff",)
    assert chunks["d4"].metadata == {"page": 7}
    found = registry.retrieve("many", ["red"], k=20)[0]
    assert "d3" not in {passage.document_id for passage in found}
    assert embedder.embedded == 2  # the title, and the question


def test_metadata_that_is_gone_is_taken_away(registry, numbered):
    documents = numbered(20)
    registry.build("many", [replace(documents[0], metadata={"a": 1}), *documents[1:]])
    registry.build("many", documents)
    assert registry.chunks("many")[0].metadata == {}
    assert registry.verify("many").altered == 0


def test_touched_files_change_the_ledger_alone(registry, embedder, numbered):
    documents = numbered(20)
    registry.build("many", documents)
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    change = registry.change("many", [replace(each, updated_at=moment) for each in documents])
    assert (change.way, change.embedded) == ("there", 0)  # times are no part of a corpus
    newer = [replace(each, updated_at=moment) for each in numbered(20, d0="blue")]
    registry.build("many", newer)
    found = registry.retrieve("many", ["red"], k=3)[0]
    assert {passage.updated_at for passage in found} == {moment}


def test_after_a_fifth_has_changed_the_index_is_written_anew(registry, numbered):
    registry.build("many", numbered(20))
    assert registry.change("many", numbered(20, d3="blue")).manifest.changed_rows == 2
    assert registry.change("many", numbered(20, d3="blue", d4="blue")).manifest.changed_rows == 4
    change = registry.change("many", numbered(20, d3="blue", d4="blue", d5="blue"))
    assert (change.way, change.embedded, change.manifest.changed_rows) == ("written", 0, 0)


def test_another_chunker_or_embedder_is_another_index(registry, embedder, numbered):
    whole = registry.build("many", numbered(5), chunker="whole")
    cut = registry.build("many", numbered(5), chunker="tokens:2")
    assert cut.fingerprint != whole.fingerprint
    assert (cut.chunker, cut.chunk_count) == ("tokens:2/0", 14)  # 2 + 2 + 3 + 3 + 4
    embedder.embedded = 0
    embedder.fingerprint = "sha256:other"
    assert registry.change("many", numbered(5), chunker="tokens:2").embedded == 4  # equal texts


def test_the_index_before_is_kept_and_one_step_goes_back(registry, store, numbered):
    one = registry.build("many", numbered(20))
    two = registry.build("many", numbered(20, d1="blue"))
    three = registry.build("many", numbered(20, d2="blue"))
    assert collections(registry) == {two.collection, three.collection}
    assert registry.previous("many") == two
    assert registry.revert("many").manifest == two
    assert registry.manifest("many") == two
    assert registry.retrieve("many", ["blue"], k=1)[0][0].document_id == "d1"
    assert registry.revert("many").manifest == three
    assert Ledger(store).filling(one.collection) is None
    with store.read() as connection:
        actions = [event.action for event in trail.events(connection)]
    assert actions == ["index.build"] * 3 + ["index.revert"] * 2


def test_there_is_nothing_to_go_back_to_after_one_build(registry, numbered):
    registry.build("many", numbered(3))
    with pytest.raises(RetrievalError, match="no index to go back to"):
        registry.revert("many")


def test_a_dropped_index_is_gone_and_can_be_built_again(cached, embedder, numbered):
    cached.build("many", numbered(3))
    cached.drop("many")
    assert collections(cached) == set()
    with pytest.raises(RetrievalError, match="None has been indexed"):
        cached.manifest("many")
    embedder.embedded = 0
    assert cached.change("many", numbered(3)).embedded == 0
    with pytest.raises(RetrievalError, match="no index to go back to"):
        cached.revert("many")


def test_a_failed_build_leaves_nothing(registry, embedder, numbered):
    old = registry.build("many", numbered(20))
    embed = embedder.embed

    def fail(texts):
        raise KeyboardInterrupt

    embedder.embed = fail
    with pytest.raises(KeyboardInterrupt):
        registry.build("many", numbered(20, d1="blue"))
    embedder.embed = embed
    assert registry.manifest("many") == old
    assert collections(registry) == {old.collection}
    assert len(Ledger(registry.store).fillings("many")) == 1


def test_two_that_refresh_at_once_embed_once(cached, embedder, numbered):
    cached.build("many", numbered(20))
    embedder.embedded = 0
    embed, entered = embedder.embed, threading.Event()

    def slowly(texts):
        entered.set()
        time.sleep(0.3)
        return embed(texts)

    embedder.embed = slowly
    wanted, found = numbered(20, d1="blue"), []
    threads = [
        threading.Thread(target=lambda: found.append(cached.change("many", wanted)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    assert entered.wait(30)
    assert len(cached.retrieve("many", ["red"], k=1)) == 1  # nobody who searches waits for them
    for thread in threads:
        thread.join()
    assert sorted(change.action for change in found) == ["", "build"]
    assert sorted(change.embedded for change in found) == [0, 1]


def test_chunks_of_a_document_keep_their_places(registry):
    text = "Red is first. Green is second. Red is first."
    registry.build("one", [Document(id="d", text=text)], chunker="tokens:6")
    chunks = registry.chunks("one")
    assert [text[chunk.start : chunk.end] for chunk in chunks] == [chunk.text for chunk in chunks]
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))


KILLED = """
import os, signal, sys
sys.path[:0] = [sys.argv[1], sys.argv[2], sys.argv[3]]
from pathlib import Path
import importlib.util
spec = importlib.util.spec_from_file_location("words", Path(sys.argv[2]) / "conftest.py")
words = importlib.util.module_from_spec(spec); spec.loader.exec_module(words)
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.embedding.cache import EmbeddingCache
from llmops_magics.retrieval.index import builder, filler
from llmops_magics.retrieval.index.place import FolderPlace
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.storage.store import Store

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

moment = sys.argv[6]
if moment == "after copying":
    filler.Collection.delete = die
if moment == "before writing":
    filler.Collection.add = die
if moment == "before the ledger":
    filler.Ledger.copy = die
if moment == "in the ledger":
    filler.Ledger.remove = die
if moment == "before the pointer":
    builder.move = die
store, folder = Store.open(sys.argv[4]), Path(sys.argv[5])
embedder = words.WordEmbedder()
cache = EmbeddingCache(folder / "cache")
registry = IndexRegistry(store, folder, lambda: embedder, str, cache=cache)
texts = {f"d{k}": "red " * (k + 1) + "green" for k in range(20)} | {"d3": "blue"}
registry.build("many", [Document(id=i, text=t) for i, t in texts.items()])
"""
MOMENTS = (
    "after copying", "before writing", "before the ledger", "in the ledger", "before the pointer",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_refresh_leaves_the_old_index_and_is_resumed(cached, embedder, moment, numbered):
    old = cached.build("many", numbered(20))
    places = [ROOT, Path(__file__).parents[1], Path(__file__).parent]
    rest = [str(cached.store.engine.url), cached.folder, moment]
    died = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, [*places, *rest])], check=False, timeout=120
    )
    assert died.returncode == -signal.SIGKILL
    assert cached.manifest("many") == old
    assert cached.status("many").lost_chunks == 0
    assert len(cached.retrieve("many", ["red"], k=20)[0]) == 20
    embedder.embedded = 0
    change = cached.change("many", numbered(20, d3="blue"))
    assert (change.way, change.embedded, embedder.embedded) == ("copied", 0, 0)
    assert cached.verify("many").is_sound
    assert collections(cached) == {old.collection, change.manifest.collection}
