"""What a sweep is asked for: a grid, labelled queries, and how to choose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_magics.errors import UsageError
from llmops_magics.evals.retrieval.request import DEPTH
from llmops_magics.evals.retrieval.scoring import ECONOMY
from llmops_magics.evals.retrieval.sweep.grid import Grid
from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.measure.query import QuerySet
from llmops_magics.retrieval.measure.rank_metric import METRICS
from llmops_magics.retrieval.measure.span_metric import SPAN_METRICS

if TYPE_CHECKING:
    from llmops_magics.datasets.dataset import DatasetVersion

SCORES = (*METRICS, ECONOMY, *SPAN_METRICS)


@dataclass(frozen=True, kw_only=True)
class Current:
    """The index that a corpus has now; ``is_same_corpus`` where it holds what was swept."""

    chunker: str
    embedding: str
    chunks: int
    is_same_corpus: bool

    @property
    def pair(self) -> tuple[str, str]:
        """Its chunker and embedder."""
        return self.chunker, self.embedding


@dataclass(frozen=True, kw_only=True)
class SweepRequest:
    """What is asked. ``dataset`` holds the queries as registered cases, in their order.

    ``ref`` is how ``%llm_index build`` names the corpus. ``holdout`` is the share of the queries
    that reports and does not choose, ``margin`` what the cheapest may lose (0: noise decides).
    """

    ref: str
    fingerprint: str
    grid: Grid
    queries: QuerySet
    dataset: DatasetVersion
    principal: Principal
    score: str = ""
    holdout: float = 0.0
    margin: float = 0.0
    depth: int = DEPTH
    current: Current | None = None
    with_spans: bool = field(init=False)

    def __post_init__(self) -> None:
        spans = all(query.has_spans for query in self.queries.queries)
        object.__setattr__(self, "with_spans", spans)
        object.__setattr__(self, "score", self.score or ("token_recall" if spans else "ndcg"))
        known = (*METRICS, ECONOMY, *(SPAN_METRICS if spans else ()))
        if self.score not in known:
            raise UsageError(
                f"there is no score {self.score!r} to choose by.",
                hint=f"There are {', '.join(known)}; each is taken at the configuration's own k.",
            )
        if not 0 <= self.holdout <= 0.9:
            raise UsageError(f"holdout is {self.holdout:g}.", hint="It is a share, such as 0.5.")
        if not 0 <= self.margin < float("inf"):
            raise UsageError(f"margin is {self.margin:g}.", hint="It is a loss, such as 0.02.")
