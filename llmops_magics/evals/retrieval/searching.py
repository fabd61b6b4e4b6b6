"""Ask a retriever every query, and notice an index that moves meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.measure.query import Query
from llmops_magics.retrieval.measure.ranking import Hit, hits_of
from llmops_magics.retrieval.search.searcher import Searcher

AT_ONCE = 64
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One index to search: what it is now, what it holds, and the retrievers over it.

    ``cost_usd`` is what one query costs by retriever; one that is not there has no known price.
    """

    corpus: str
    fingerprint: Callable[[], str]
    facts: Mapping[str, Any]
    texts: Mapping[str, str]
    searchers: Sequence[Searcher]
    cost_usd: Mapping[str, Decimal]


@dataclass(frozen=True, kw_only=True)
class Searched:
    """What one retriever returned, a list a query; fingerprints of its index before and after."""

    retriever: str
    hits: tuple[tuple[Hit, ...], ...]
    before: str
    after: str
    wall_s: float

    @property
    def has_moved(self) -> bool:
        """Tell whether the index changed while it was searched: the lists are of two indexes."""
        return self.before != self.after


def search_all(
    source: Source,
    searcher: Searcher,
    queries: Sequence[Query],
    *,
    depth: int,
    principal: Principal,
    on_progress: Progress | None = None,
) -> Searched:
    """Ask every query, some at once, to a depth beyond any k that is measured."""
    # What the facts and texts are of: an index switched since they were read has moved, too.
    before = str(source.facts.get("fingerprint") or source.fingerprint())
    clock = time.perf_counter()
    hits: list[tuple[Hit, ...]] = []
    for start in range(0, len(queries), AT_ONCE):
        texts = [query.text for query in queries[start : start + AT_ONCE]]
        found = searcher.search(texts, k=depth, principal=principal)
        hits += [hits_of(passages) for passages in found]
        if on_progress is not None:
            on_progress(f"{source.corpus}, {searcher.name}", len(hits), len(queries))
    return Searched(
        retriever=searcher.name,
        hits=tuple(hits),
        before=before,
        after=source.fingerprint(),
        wall_s=time.perf_counter() - clock,
    )
