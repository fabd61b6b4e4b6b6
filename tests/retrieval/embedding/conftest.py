"""A workspace's client with a scripted endpoint, and an embedder that counts what it is given."""

from __future__ import annotations

import numpy as np
import pytest

from llmops_magics.testing.embedding import embed_text
from llmops_magics.workspace import Workspace


class CountingEmbedder:
    """Vectors that follow from the words; ``batches`` are the texts of each call."""

    name, dimension, fingerprint, batch_texts = "test/words", 8, "sha256:words", 3

    def __init__(self):
        self.batches = []

    def embed(self, texts):
        self.batches.append(list(texts))
        return np.array([embed_text(text, self.dimension) for text in texts])


@pytest.fixture
def embedder():
    return CountingEmbedder()


@pytest.fixture
def workspace(folder):
    (folder / "llmops.toml").write_text("[models]\nmax_retries = 1\ntimeout_s = 10\n")
    made = Workspace(folder)
    yield made
    if "client" in made.__dict__:
        made.client.close()
    made.close()
