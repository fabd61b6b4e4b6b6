"""A store, a folder and an embedder whose vectors can be checked by hand."""

from __future__ import annotations

import pytest

from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.storage.store import Store


class WordEmbedder:
    """Counts three words: the vector of "red red blue" is (2, 0, 1); plus a little of each."""

    name = "test/words"
    dimension = 3
    fingerprint = "sha256:words"

    def __init__(self) -> None:
        self.embedded = 0

    def embed(self, texts):
        import numpy as np

        self.embedded += len(texts)
        rows = [[text.lower().count(w) for w in ("red", "green", "blue")] for text in texts]
        return np.array(rows, dtype=np.float32) + np.float32(0.001)


@pytest.fixture
def embedder():
    return WordEmbedder()


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'store' / 'db.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def registry(store, tmp_path, embedder):
    return IndexRegistry(store, tmp_path / "index", lambda: embedder, lambda: "ada")


@pytest.fixture
def documents():
    return (
        Document(id="r", title="Red", text="red red"),
        Document(id="g", title="Green", text="green"),
        Document(id="b", title="Blue", text="blue and red"),
    )
