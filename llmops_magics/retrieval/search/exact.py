"""Exact dense search: the cosine of each question to every vector, in memory.

What a trial is searched with: no collection is built, and nothing is lost to an approximation, so
trials differ by what is tried and by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.passage import Passage
from llmops_magics.retrieval.search.lexical import Readers, passage_of
from llmops_magics.retrieval.search.spec import DENSE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from llmops_magics.retrieval.chunking.chunk import Chunk

    Vectors = npt.NDArray[np.float32]
    Embed = Callable[[Sequence[str]], Vectors]

QUERIES_AT_ONCE = 64


class ExactSearcher:
    """Ranks by the cosine of ``vectors``, shape (chunks, dimension), to that of a question.

    ``embed`` gives float32 of shape (queries, dimension).
    """

    name: Final = DENSE

    def __init__(self, chunks: Sequence[Chunk], vectors: Vectors, embed: Embed) -> None:
        self._chunks = chunks
        self._units = _units(vectors)
        self._embed = embed

    def search(
        self, queries: Sequence[str], *, k: int, principal: Principal
    ) -> list[list[Passage]]:
        """Return the ``k`` nearest passages a query that the principal may read."""
        import numpy as np

        if not self._chunks:
            return [[] for _ in queries]
        allowed = np.flatnonzero(self._readers.mask(principal))
        units = self._units if len(allowed) == len(self._chunks) else self._units[allowed]
        chunks = [self._chunks[place] for place in allowed.tolist()]
        found: list[list[Passage]] = []
        for start in range(0, len(queries), QUERIES_AT_ONCE):
            asked = _units(self._embed(queries[start : start + QUERIES_AT_ONCE]))
            found += [_best(chunks, row, k) for row in asked @ units.T]
        return found

    @cached_property
    def _readers(self) -> Readers:
        return Readers(self._chunks)


def _best(chunks: Sequence[Chunk], scores: Vectors, k: int) -> list[Passage]:
    import numpy as np

    candidates = np.arange(len(scores))
    if len(scores) > k:  # all that tie with the k-th stay, to be ordered by id
        candidates = np.flatnonzero(scores >= np.partition(scores, -k)[-k])
    order = sorted(candidates.tolist(), key=lambda n: (-scores[n], chunks[n].id))[:k]
    return [passage_of(chunks[n], float(scores[n]), rank) for rank, n in enumerate(order, 1)]


def _units(vectors: Vectors) -> Vectors:
    import numpy as np

    units: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units
