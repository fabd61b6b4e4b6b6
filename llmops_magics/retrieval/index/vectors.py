"""Vectors for chunks: from the index in use, else from the cache, else from the embedder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.embedding.cached import embed_counted
from llmops_magics.retrieval.embedding.embedder import Embedder
from llmops_magics.retrieval.index.place import Place

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from llmops_magics.retrieval.embedding.cache import EmbeddingCache

    Vectors = npt.NDArray[np.float32]

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Earlier:
    """A collection with vectors of the same embedder; ``ids`` is a row's id by content digest."""

    place: Place
    collection: str
    ids: Mapping[str, str]


@dataclass
class VectorSource:
    """Gives vectors and counts where they came from: ``embedded`` texts, ``reused`` chunks."""

    embedder: Embedder
    cache: EmbeddingCache | None = None
    earlier: Earlier | None = None
    embedded: int = 0
    reused: int = 0
    _done: int = field(default=0, init=False)

    def of(self, chunks: Sequence[Chunk], total: int, on_progress: Progress | None) -> Vectors:
        """Return float32 of shape (chunks, dimension), rows in the chunks' order.

        ``on_progress`` is told of chunks, of ``total`` over all calls. The earlier collection is
        open for its part alone: who searches it does not wait for the embedder.
        """
        import numpy as np

        known = self._of_earlier([chunk.content_digest for chunk in chunks])
        vectors = np.empty((len(chunks), self.embedder.dimension), dtype=np.float32)
        missing: list[int] = []
        for place, chunk in enumerate(chunks):
            if chunk.content_digest in known:
                vectors[place] = known[chunk.content_digest]
            else:
                missing.append(place)
        start = self._done + len(chunks) - len(missing)

        def tell(done: int, texts: int) -> None:
            if on_progress is not None:  # equal texts count as their chunks once all are done
                on_progress(start + (len(missing) if done == texts else done), total)

        made = embed_counted(
            self.embedder, [chunks[place].embedded_text for place in missing], self.cache, tell
        )
        vectors[missing] = made.vectors
        self._done += len(chunks)
        self.embedded += made.embedded
        self.reused += len(chunks) - made.embedded
        return vectors

    def _of_earlier(self, digests: Sequence[str]) -> dict[str, Vectors]:
        if self.earlier is None:
            return {}
        ids = {d: self.earlier.ids[d] for d in digests if d in self.earlier.ids}
        if not ids:
            return {}
        with self.earlier.place.open(self.earlier.collection) as collection:
            rows = {} if collection is None else collection.vectors(list(set(ids.values())))
        size = (self.embedder.dimension,)
        return {d: rows[i] for d, i in ids.items() if i in rows and rows[i].shape == size}
