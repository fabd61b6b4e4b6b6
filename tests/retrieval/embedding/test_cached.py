from __future__ import annotations

import numpy as np
import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.embedding.cache import EmbeddingCache
from llmops_magics.retrieval.embedding.cached import embed_cached, embed_counted
from llmops_magics.testing.embedding import embed_text

TEXTS = ["one", "two words", "one", "three words here", "four"]


@pytest.fixture
def cache(tmp_path):
    return EmbeddingCache(tmp_path / "state")


def test_a_text_is_embedded_once_and_rows_are_in_order(embedder, cache):
    told = []
    vectors = embed_cached(embedder, TEXTS, cache, lambda *at: told.append(at))
    assert np.array_equal(vectors, [embed_text(text, 8) for text in TEXTS])
    assert embedder.batches == [["three words here", "two words", "four"], ["one"]]
    assert told == [(0, 4), (3, 4), (4, 4)]
    again = embed_counted(embedder, [*TEXTS, "five"], cache)
    assert (again.embedded, again.reused) == (1, 4)
    assert embedder.batches[2:] == [["five"]]
    assert np.array_equal(again.vectors[:5], vectors)


def test_without_a_cache_everything_is_embedded(embedder):
    assert embed_cached(embedder, TEXTS, None).shape == (5, 8)
    assert embed_cached(embedder, [], None).shape == (0, 8)


def test_another_embedder_has_vectors_of_its_own(embedder, cache):
    embed_cached(embedder, TEXTS, cache)
    embedder.fingerprint = "sha256:other"
    assert embed_counted(embedder, TEXTS, cache).reused == 0


def test_what_was_done_before_a_failure_is_kept(embedder, cache):
    real = embedder.embed

    def fails_later(texts):
        if embedder.batches:
            raise RetrievalError("away")
        return real(texts)

    embedder.embed = fails_later
    with pytest.raises(RetrievalError, match="away"):
        embed_cached(embedder, TEXTS, cache)
    assert cache.count() == 3
