from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from llmops_magics.models.local.embedding import (
    MiniLmEmbedder,
    TruncationWarning,
    get_embedder,
    pool,
)


def test_pooling_averages_unmasked_tokens_and_scales() -> None:
    hidden = np.array([[[6.0, 8.0], [0.0, 0.0], [9.0, 9.0]]], dtype=np.float32)
    mask = np.array([[1, 1, 0]])
    assert pool(hidden, mask) == pytest.approx(np.array([[0.6, 0.8]]))  # (3, 4) / 5


def test_its_identity_needs_no_weights() -> None:
    assert get_embedder() is get_embedder()
    assert MiniLmEmbedder.name == "local/minilm-l6-v2-int8"
    assert (MiniLmEmbedder.dimension, MiniLmEmbedder.max_tokens) == (384, 256)
    assert MiniLmEmbedder.fingerprint.startswith("sha256:34b26dc5589e")


def test_no_texts_have_no_vectors() -> None:
    assert MiniLmEmbedder().embed([]).shape == (0, 384)


def test_one_text_instead_of_a_list_is_an_error() -> None:
    with pytest.raises(TypeError, match="put it in a list"):
        MiniLmEmbedder().embed("text")


@pytest.fixture
def embedder(embedded_models) -> MiniLmEmbedder:
    return get_embedder()


@pytest.mark.slow
def test_similarities_are_those_of_the_model_card(embedder) -> None:
    # The example of huggingface.co/sentence-transformers/all-MiniLM-L6-v2, made with float32.
    texts = ["That is a happy person"]
    texts += ["That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    vectors = embedder.embed(texts)
    assert vectors[1:] @ vectors[0] == pytest.approx([0.695, 0.943, 0.257], abs=0.01)


@pytest.mark.slow
def test_rows_are_float32_of_length_one_also_for_empty_texts(embedder) -> None:
    vectors = embedder.embed(["", " ", "a", "ünïcödé 🙂", "word " * 100])
    assert vectors.dtype == np.float32
    assert vectors.shape == (5, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-6)


@pytest.mark.slow
def test_a_text_has_one_vector_alone_and_in_any_batch(embedder) -> None:
    texts = [f"shelf {i} " * (1 + i % 9) for i in range(20)]
    alone = np.vstack([embedder.embed([text]) for text in texts])
    assert embedder.embed(texts, batch_size=7) == pytest.approx(alone, abs=1e-5)
    assert embedder.embed(texts[::-1])[::-1] == pytest.approx(alone, abs=1e-5)


@pytest.mark.slow
def test_long_texts_are_cut_with_one_warning(embedder) -> None:
    long = "garden " * 300
    with pytest.warns(TruncationWarning, match="2 of 3 texts are longer than 256") as seen:
        vectors = embedder.embed([long, "short", long + "and a castle"])
    assert len(seen) == 1
    assert seen[0].filename == __file__
    assert vectors[0] == pytest.approx(vectors[2], abs=1e-6)  # the ends do not count


@pytest.mark.slow
def test_256_tokens_fit(embedder) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        embedder.embed(["garden " * 254])  # and two marks, for beginning and end


@pytest.mark.slow
def test_many_threads_may_use_one(embedded_models) -> None:
    fresh = MiniLmEmbedder()
    with ThreadPoolExecutor(4) as threads:
        first, *others = threads.map(lambda _: fresh.embed(["one text"]), range(8))
    assert all(np.array_equal(first, other) for other in others)
