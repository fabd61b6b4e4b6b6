"""Hybrid search: several rankings joined by reciprocal rank fusion.

Cormack, Clarke and Buettcher, SIGIR 2009: a passage's score is the sum over the rankings of
1 / (60 + its rank). Scores of different retrievers need not be comparable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.passage import Passage
from llmops_magics.retrieval.search.searcher import Searcher

CONSTANT: Final = 60
DEPTH: Final = 100  # of each ranking, so that a passage that both rank low may still rise


@dataclass(frozen=True)
class HybridSearcher:
    """Joins the rankings of other searchers."""

    searchers: tuple[Searcher, ...]
    name: str = "hybrid"

    def search(
        self, queries: Sequence[str], *, k: int, principal: Principal
    ) -> list[list[Passage]]:
        """Return the ``k`` passages that stand best in all rankings together."""
        depth = max(k, DEPTH)
        rankings = [s.search(queries, k=depth, principal=principal) for s in self.searchers]
        return [fuse(each)[:k] for each in zip(*rankings, strict=True)]


def fuse(rankings: Sequence[Sequence[Passage]]) -> list[Passage]:
    """Join rankings of one query; ties are ordered by the passages' ids."""
    scores: dict[str, float] = {}
    passages: dict[str, Passage] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, 1):
            scores[passage.key] = scores.get(passage.key, 0.0) + 1 / (CONSTANT + rank)
            passages.setdefault(passage.key, passage)
    ordered = sorted(passages.values(), key=lambda passage: (-scores[passage.key], passage.key))
    return [replace(p, score=scores[p.key], rank=rank) for rank, p in enumerate(ordered, 1)]
