from __future__ import annotations

import numpy as np
import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.embedding.embedder import embed_checked


class Given:
    name, dimension, fingerprint = "test/given", 2, "sha256:given"

    def __init__(self, rows):
        self.rows = rows

    def embed(self, texts):
        return self.rows


def test_rows_are_float32():
    vectors = embed_checked(Given([[1, 0], [0, 2]]), ["a", "b"])
    assert (vectors.dtype, vectors.tolist()) == (np.float32, [[1, 0], [0, 2]])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[1, 0]], "shape"),
        ([[1, 0, 0], [0, 0, 1]], "shape"),
        ([[1, 0], [0, 0]], "zero"),
        ([[1, 0], [float("nan"), 0]], "non-finite"),
    ],
)
def test_rows_without_a_cosine_are_refused(rows, said):
    with pytest.raises(RetrievalError, match=said):
        embed_checked(Given(rows), ["a", "b"])
