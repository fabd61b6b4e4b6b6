"""Lexical search: BM25 over the words of an index's chunks.

It is the baseline that a dense index has to beat, and half of the hybrid. Words are lowercased,
English stop words left out, stems taken (Snowball). k1 = 1.5 and b = 0.75, Lucene's formula.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.passage import Passage

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from llmops_magics.retrieval.chunking.chunk import Chunk

K1: Final = 1.5
B: Final = 0.75


class LexicalSearcher:
    """Ranks by BM25. The words are counted at the first search; ``chunks`` gives what there is."""

    name: Final = "lexical"

    def __init__(self, chunks: Callable[[], Sequence[Chunk]]) -> None:
        self._read = chunks
        self._loading = threading.Lock()
        self._loaded: tuple[Sequence[Chunk], Any, Readers] | None = None

    def search(
        self, queries: Sequence[str], *, k: int, principal: Principal
    ) -> list[list[Passage]]:
        """Return up to ``k`` passages a query that share a word with it."""
        chunks, index, readers = self._load()
        if not chunks or not queries:
            return [[] for _ in queries]
        allowed = readers.mask(principal)
        words = _words(queries)
        return [self._best(chunks, index, each, allowed, k) for each in words]

    def _load(self) -> tuple[Sequence[Chunk], Any, Readers]:
        with self._loading:
            if self._loaded is None:
                chunks = self._read()
                self._loaded = (chunks, _index(chunks), Readers(chunks))
            return self._loaded

    def _best(
        self,
        chunks: Sequence[Chunk],
        index: Any,
        words: list[str],
        allowed: npt.NDArray[np.bool_],
        k: int,
    ) -> list[Passage]:
        import numpy as np

        if not words or index is None:
            return []
        scores = np.where(allowed, index.get_scores(words), 0.0)
        candidates = np.flatnonzero(scores > 0)
        if len(candidates) > k:  # all that tie with the k-th stay, to be ordered by id
            bound = np.partition(scores[candidates], -k)[-k]
            candidates = candidates[scores[candidates] >= bound]
        ordered = sorted(candidates.tolist(), key=lambda n: (-scores[n], chunks[n].id))[:k]
        return [passage_of(chunks[n], float(scores[n]), r) for r, n in enumerate(ordered, 1)]


class Readers:
    """Which chunks somebody may read, as a mask over all of them; few sets of groups occur."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        import numpy as np

        kinds: dict[frozenset[str], int] = {}
        of = [kinds.setdefault(frozenset(chunk.groups), len(kinds)) for chunk in chunks]
        self._kinds = list(kinds)
        self._of = np.array(of, dtype=np.int32)

    def mask(self, principal: Principal) -> npt.NDArray[np.bool_]:
        """Return a truth value a chunk."""
        import numpy as np

        allowed = np.array([principal.may_read(groups) for groups in self._kinds], dtype=bool)
        return np.asarray(allowed[self._of], dtype=bool)


def _index(chunks: Sequence[Chunk]) -> Any:
    import bm25s

    words = _words([chunk.embedded_text for chunk in chunks])
    if not any(words):
        return None
    index = bm25s.BM25(k1=K1, b=B, method="lucene")
    index.index(words, show_progress=False)
    return index


def _words(texts: Sequence[str]) -> list[list[str]]:
    import bm25s
    import Stemmer

    found: list[list[str]] = bm25s.tokenize(
        list(texts),
        stopwords="en",
        stemmer=Stemmer.Stemmer("english"),
        return_ids=False,
        show_progress=False,
    )
    return found


def passage_of(chunk: Chunk, score: float, rank: int) -> Passage:
    """Return a chunk as what a search found."""
    return Passage(
        document_id=chunk.document_id,
        chunk_id=chunk.id,
        title=chunk.title,
        text=chunk.text,
        start=chunk.start,
        end=chunk.end,
        score=score,
        rank=rank,
        source=chunk.source,
        groups=chunk.groups,
        updated_at=chunk.updated_at,
    )
