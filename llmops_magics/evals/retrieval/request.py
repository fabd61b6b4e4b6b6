"""What a retrieval check is asked for: queries, k, and what the retrievers are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.access import Principal

if TYPE_CHECKING:
    from llmops_magics.datasets.dataset import DatasetVersion
    from llmops_magics.evals.retrieval.record import RetrievalRow
    from llmops_magics.evals.retrieval.searching import Source
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.retrieval.measure.query import QuerySet

KS = (5, 10, 20)
DEPTH = 100
MOST_K = 1_000


@dataclass(frozen=True, kw_only=True)
class CheckRequest:
    """What is asked. ``dataset`` holds the queries as registered cases, in their order."""

    queries: QuerySet
    dataset: DatasetVersion
    principal: Principal
    ks: tuple[int, ...] = KS
    depth: int = DEPTH
    redacted: bool = True

    def __post_init__(self) -> None:
        if not self.ks or min(self.ks) < 1 or max(self.ks) > MOST_K:
            raise RetrievalError(
                f"k is {', '.join(map(str, self.ks)) or 'missing'}.",
                hint=f"Give whole numbers from 1 to {MOST_K:,}.",
            )

    @property
    def deepest(self) -> int:
        """How many chunks are fetched a query: no k is measured on less than it needs."""
        return max(self.depth, *self.ks)


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What rows are held against: a run by retriever, and ``source`` where it is still to be made.

    ``runs`` are earlier ones by retriever, ``name`` is what the line said.
    """

    name: str = ""
    retriever: str = ""  # one of this check
    runs: Mapping[str, EvalRun] | None = None
    rows: Sequence[RetrievalRow] = ()
    source: Source | None = None
