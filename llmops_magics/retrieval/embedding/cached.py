"""Embed texts, each of them once: what the cache has is taken from it, the rest goes in.

The rest is embedded in batches, longest texts first, and each batch is kept before the next one
begins: whatever ends the process, only that batch is embedded again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from llmops_magics.record import digest_bytes
from llmops_magics.retrieval.embedding.embedder import Embedder, embed_checked

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from llmops_magics.retrieval.embedding.cache import EmbeddingCache

    Vectors = npt.NDArray[np.float32]

Progress = Callable[[int, int], None]
BATCH_TEXTS = 64


class Embedded(NamedTuple):
    """Vectors of shape (texts, dimension), and how many distinct texts each way gave."""

    vectors: Vectors
    embedded: int
    reused: int


def embed_cached(
    embedder: Embedder,
    texts: Sequence[str],
    cache: EmbeddingCache | None,
    on_progress: Progress | None = None,
) -> Vectors:
    """Return float32 of shape (texts, dimension), rows in the texts' order.

    ``on_progress(done, total)`` is told of distinct texts. Raises ``RetrievalError``.
    """
    return embed_counted(embedder, texts, cache, on_progress).vectors


def embed_counted(
    embedder: Embedder,
    texts: Sequence[str],
    cache: EmbeddingCache | None,
    on_progress: Progress | None = None,
) -> Embedded:
    """Do the same, and count."""
    import numpy as np

    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        places.setdefault(text, []).append(place)
    digests = {text: digest_bytes(text.encode()) for text in places}
    vectors = np.empty((len(texts), embedder.dimension), dtype=np.float32)
    known = {}
    if cache is not None:
        known = cache.get(embedder.fingerprint, list(digests.values()), embedder.dimension)
    missing = [text for text in places if digests[text] not in known]
    for text, where in places.items():
        if digests[text] in known:
            vectors[where] = known[digests[text]]
    done = len(places) - len(missing)
    _tell(on_progress, done, len(places))
    for batch in _batches(embedder, missing):
        rows = embed_checked(embedder, batch)
        if cache is not None:
            cache.put(embedder.fingerprint, [digests[text] for text in batch], rows)
        for text, row in zip(batch, rows, strict=True):
            vectors[places[text]] = row
        done += len(batch)
        _tell(on_progress, done, len(places))
    return Embedded(vectors, len(missing), len(places) - len(missing))


def _batches(embedder: Embedder, texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield texts of like length together: an embedder that pads then pads little."""
    size = int(getattr(embedder, "batch_texts", BATCH_TEXTS))
    ordered = sorted(texts, key=len, reverse=True)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def _tell(on_progress: Progress | None, done: int, total: int) -> None:
    if on_progress is not None:
        on_progress(done, total)
