"""A searcher asked once: hybrid and reranked ones build on its lists, and pay for their time."""

from __future__ import annotations

import time
from collections.abc import Sequence

from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.passage import Passage
from llmops_magics.retrieval.search.fusion import DEPTH
from llmops_magics.retrieval.search.searcher import Searcher


class Remembered:
    """A searcher whose lists are kept, with the time they took: other searchers build on them."""

    def __init__(self, searcher: Searcher, seconds: float = 0.0) -> None:
        self.name = searcher.name
        self.seconds = seconds
        self.is_asked = False
        self._searcher = searcher
        self._lists: tuple[int, list[list[Passage]]] = (0, [])

    def search(
        self, queries: Sequence[str], *, k: int, principal: Principal
    ) -> list[list[Passage]]:
        """Return the first ``k`` of what was found; the queries are always the same."""
        self.is_asked = True
        if self._lists[0] < k:
            clock = time.perf_counter()
            depth = max(k, DEPTH)
            self._lists = (depth, self._searcher.search(queries, k=depth, principal=principal))
            self.seconds += time.perf_counter() - clock
        return [found[:k] for found in self._lists[1]]
