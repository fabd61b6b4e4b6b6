"""Dense search: the nearest vectors of an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.passage import Passage

Nearest = Callable[[Sequence[str], int, Principal], list[list[Passage]]]
"""(queries, k, principal) -> passages a query, best first."""


@dataclass(frozen=True)
class DenseSearcher:
    """Ranks by the cosine of the vectors of question and chunk."""

    nearest: Nearest
    name: Final = "dense"

    def search(
        self, queries: Sequence[str], *, k: int, principal: Principal
    ) -> list[list[Passage]]:
        """Return the ``k`` nearest passages a query."""
        return self.nearest(queries, k, principal)
