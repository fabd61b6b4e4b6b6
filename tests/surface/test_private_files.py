"""What a workspace writes is its owner's alone, whatever the umask says."""

from __future__ import annotations

import os
import stat
import sys

import numpy as np
import pytest

from llmops_magics.prompts.client import PromptClient
from llmops_magics.release.dossier import archive as archives
from llmops_magics.retrieval.embedding.cache import EmbeddingCache
from llmops_magics.retrieval.index.chroma import embedded_client
from llmops_magics.storage.private import private_folder
from llmops_magics.storage.store import Store
from llmops_magics.workspace import Workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@pytest.fixture(autouse=True)
def open_umask():
    """The worst that a shell can be set to: whatever asks for no mode is everybody's."""
    before = os.umask(0)
    yield
    os.umask(before)


def exposed(folder):
    """Return what others may read below a folder, and how; they cannot enter a closed one."""
    found = []
    for path in folder.iterdir():
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode) and mode & OTHERS:
            found += [f"{path} {mode:o}", *exposed(path)]
        elif not stat.S_ISDIR(mode) and mode & OTHERS:
            found.append(f"{path} {mode:o}")
    return found


def fill(workspace):
    """Use each part that writes: prompts, datasets, corpora, spans, vectors, indexes."""
    workspace.prompts.register("a/b", "Say {{ x }}.")
    workspace.datasets.add("cases", [{"id": "1", "x": "y", "expected": "z"}])
    workspace.corpora.add("docs", [{"id": "d", "text": "A text."}])
    with workspace.tracing.span("work"):
        pass
    workspace.flush_spans()
    workspace.embedding_cache.put("f", ["sha256:ab"], np.ones((1, 3), dtype=np.float32))
    return workspace


@pytest.fixture
def workspace(tmp_path):
    opened = Workspace(tmp_path)
    yield fill(opened)
    opened.close()


def test_the_test_sees_an_open_file(tmp_path):
    (tmp_path / "open").touch()
    assert exposed(tmp_path)


def test_everything_under_the_state_folder(workspace, tmp_path):
    state = tmp_path / ".llmops"
    names = {path.name for path in state.rglob("*")}
    assert {"llmops.db", "llmops.db-wal", "llmops.db-shm", "artifacts"} <= names
    assert exposed(tmp_path) == []


def test_files_are_closed_where_the_folder_was_there_and_is_open(tmp_path):
    """Somebody may share it on purpose; each file says for itself who reads it."""
    (tmp_path / ".llmops").mkdir(mode=0o777)
    workspace = fill(Workspace(tmp_path))
    assert exposed(tmp_path / ".llmops") == []
    workspace.close()


def test_a_store_anywhere_else(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path}/some/where/a.db", str(tmp_path / "kept"))
    store.artifacts.put(b"content")
    with store.write():
        assert exposed(tmp_path) == []
    store.close()


def test_an_index_and_the_vectors_beside_it(tmp_path):
    with embedded_client(tmp_path / "chroma") as client:
        client.create_collection("texts").add(ids=["1"], embeddings=[[1.0, 2.0]], documents=["x"])
    cache = EmbeddingCache(tmp_path / "cache")
    cache.put("f", ["sha256:ab"], np.ones((1, 3), dtype=np.float32))
    assert exposed(tmp_path) == []


def test_an_archive_and_the_folder_of_a_running_gate(tmp_path):
    """The folder of all archives is the user's; each archive in it is closed."""
    root = tmp_path / "archive"
    running = archives.open_running(root, "n")
    (running / "log.txt").touch()
    archives.prepare(root, "n", {"gold.html": b"<p>answer</p>"})
    archives.seal(root, "n")
    assert stat.S_IMODE((root / "n").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "n" / "gold.html").stat().st_mode) == 0o600
    assert exposed(root) == []


def test_the_fallback_file_of_a_program(workspace, tmp_path):
    kept = tmp_path / "fall" / "back.json"
    client = PromptClient(root=tmp_path, fallback=kept)
    client.get("a/b")
    client.close()
    assert kept.exists()
    assert exposed(kept.parent.parent) == []


def test_missing_parents_are_closed_too(tmp_path):
    private_folder(tmp_path / "a" / "b" / "c")
    assert {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*")} == {0o700}
