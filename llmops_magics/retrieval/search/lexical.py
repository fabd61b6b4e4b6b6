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
_KEPT = 4  # sets of readable chunks whose words stay counted


_Words = tuple[Sequence["Chunk"], Any]  # some chunks, and the index of their words


class LexicalSearcher:
    """Ranks by BM25; ``chunks`` gives what there is, at the first search.

    Words are counted over what a principal may read, and nothing else: a rare word weighs more, so
    that counted over all chunks a score would tell how often it occurs in hidden ones.
    """

    name: Final = "lexical"

    def __init__(self, chunks: Callable[[], Sequence[Chunk]]) -> None:
        self._read = chunks
        self._loading = threading.Lock()
        self._chunks: Sequence[Chunk] | None = None
        self._readers: Readers | None = None
        self._words: dict[tuple[bool, ...], _Words] = {}

    def search(
        self, queries: Sequence[str], *, k: int, principal: Principal
    ) -> list[list[Passage]]:
        """Return up to ``k`` passages a query that share a word with it."""
        chunks, index = self._of(principal)
        if index is None or not queries:
            return [[] for _ in queries]
        return [_best(chunks, index, each, k) for each in _words(queries)]

    def _of(self, principal: Principal) -> _Words:
        with self._loading:
            if self._chunks is None or self._readers is None:
                self._chunks = self._read()
                self._readers = Readers(self._chunks)
            key = self._readers.kinds(principal)
            known = self._words.pop(key, None)
            if known is None:
                mask = self._readers.mask(principal)
                own = [chunk for chunk, ok in zip(self._chunks, mask, strict=True) if ok]
                known = (own, _index(own))
            self._words[key] = known  # the newest last
            for oldest in list(self._words)[:-_KEPT]:
                del self._words[oldest]
            return known


def _best(chunks: Sequence[Chunk], index: Any, words: list[str], k: int) -> list[Passage]:
    import numpy as np

    if not words:
        return []
    scores = index.get_scores(words)
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

    def kinds(self, principal: Principal) -> tuple[bool, ...]:
        """Return which sets of groups a principal may read; equal for those who see the same."""
        return tuple(principal.may_read(groups) for groups in self._kinds)

    def mask(self, principal: Principal) -> npt.NDArray[np.bool_]:
        """Return a truth value a chunk."""
        import numpy as np

        allowed = np.array(self.kinds(principal), dtype=bool)
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
