"""What every retriever is: questions in, ranked passages out, for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.passage import Passage


class Searcher(Protocol):
    """Finds passages of one index."""

    @property
    def name(self) -> str:
        """What it is called in tables, such as ``hybrid``."""
        ...

    def search(
        self, queries: Sequence[str], *, k: int, principal: Principal
    ) -> list[list[Passage]]:
        """Return up to ``k`` passages a query that the principal may read, best first.

        Equal scores are ordered by the passages' ids, so that a search can be repeated.
        """
        ...


def check_queries(queries: Sequence[str], k: int) -> None:
    """Raise ``RetrievalError`` for what cannot be asked."""
    if isinstance(queries, str) or not all(isinstance(query, str) for query in queries):
        raise RetrievalError("queries must be a list of texts.", hint="Write [query] for one.")
    if k < 1:
        raise RetrievalError(f"k is {k}.", hint="Ask for at least 1 passage.")
