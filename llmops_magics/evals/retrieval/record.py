"""The record of a retrieval check: retrievers side by side, and what each query found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.errors import UsageError
from llmops_magics.evals.matrix import MatrixScore
from llmops_magics.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from llmops_magics.evals.run import EvalRun

MEASURED, INCONCLUSIVE = "MEASURED", "INCONCLUSIVE"


@dataclass(frozen=True, kw_only=True)
class RetrievalRow:
    """One retriever on one index; the run of that id holds every score of every query.

    ``context_tokens`` is the mean number of tokens in the first k, by k; ``ms_per_query`` the time
    of the search over the number of queries, searched together.
    """

    retriever: str
    corpus: str
    index_fingerprint: str
    run_id: str
    scores: tuple[MatrixScore, ...]
    context_tokens: dict[str, float]
    ms_per_query: float | None
    against: str = ""  # the run that the differences are from
    is_baseline: bool = False

    def score(self, scorer: str) -> MatrixScore | None:
        """Return one score, None where there is no such."""
        return next((score for score in self.scores if score.scorer == scorer), None)


@dataclass(frozen=True, kw_only=True)
class SliceScore:
    """One score on the queries with a tag; the difference is from the row's baseline."""

    tag: str
    retriever: str
    scorer: str
    mean: float | None
    low: float | None
    high: float | None
    n: int
    difference: float | None = None
    p_adjusted: float | None = None
    verdict: str = ""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A document at its rank; ``grade`` is None where nobody judged it."""

    document_id: str
    rank: int
    score: float
    grade: int | None


@dataclass(frozen=True, kw_only=True)
class Missed:
    """Something relevant beyond rank k, and where it stood: None is beyond the depth searched."""

    document_id: str
    grade: int
    rank: int | None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, kw_only=True)
class QueryResult:
    """What one retriever found for one query among its first k."""

    retriever: str
    found: int
    fetched: tuple[Fetched, ...]
    missed: tuple[Missed, ...]


@dataclass(frozen=True, kw_only=True)
class QueryRow:
    """One query; ``excluded`` says why it cannot be measured, if so."""

    query_id: str
    text: str
    tags: tuple[str, ...]
    relevant: int
    results: tuple[QueryResult, ...]
    excluded: str = ""

    @property
    def missed(self) -> int:
        """How many relevant documents or spans were missed, over all retrievers."""
        return sum(len(result.missed) for result in self.results)


@dataclass(frozen=True, kw_only=True)
class RetrievalReport(Record):
    """Retrievers on the same labelled queries, each an eval run that gates may name.

    ``verdict`` is MEASURED, or INCONCLUSIVE where ``reasons`` say that the figures decide nothing.
    ``k`` is the one that the per-query rows and slices are about. ``per_query`` has the queries
    that missed most first. ``runs`` are the records themselves while the check is in memory.
    """

    kind: ClassVar[str] = "retrieval-report"

    report_id: str
    corpus: str
    index_fingerprint: str
    index: dict[str, Any]
    queries: str
    queries_digest: str
    query_count: int
    excluded: int
    synthetic: int
    ks: tuple[int, ...]
    k: int
    depth: int
    principal: str
    scorers: tuple[str, ...]
    verdict: str
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    baseline: str
    rows: tuple[RetrievalRow, ...]
    slices: tuple[SliceScore, ...]
    per_query: tuple[QueryRow, ...]
    ranked_artifact: str
    started_at: str
    runs: tuple[EvalRun, ...] = field(default=(), repr=False, metadata={"stored": False})

    def row(self, retriever: str) -> RetrievalRow:
        """Return one retriever's row; ``UsageError`` for one that was not measured."""
        return self.rows[self._place(retriever)]

    def run(self, retriever: str) -> EvalRun:
        """Return one retriever's eval run, which a gate's rules are held against."""
        return self.runs[self._place(retriever)]

    def to_pandas(self) -> pd.DataFrame:
        """One row a retriever and k: each metric with its interval, difference and context."""
        import pandas as pd

        return pd.DataFrame([_flat(row, k) for row in self.rows for k in self.ks])

    def queries_to_pandas(self) -> pd.DataFrame:
        """One row a query and retriever: what was found, and each miss with its rank."""
        import pandas as pd

        return pd.DataFrame(
            {
                "query_id": row.query_id,
                "text": row.text,
                "tags": list(row.tags),
                "excluded": row.excluded,
                "retriever": result.retriever,
                "relevant": row.relevant,
                "found": result.found,
                "fetched": [each.document_id for each in result.fetched],
                "missed": {each.document_id: each.rank for each in result.missed},
            }
            for row in self.per_query
            for result in row.results
        )

    def _place(self, retriever: str) -> int:
        names = [row.retriever for row in self.rows if not row.is_baseline]
        if retriever not in names:
            raise UsageError(
                f"{retriever!r} was not measured.", hint=f"There are: {', '.join(names)}."
            )
        own: Sequence[int] = [n for n, row in enumerate(self.rows) if not row.is_baseline]
        return own[names.index(retriever)]


def _flat(row: RetrievalRow, k: int) -> dict[str, Any]:
    found: dict[str, Any] = {"retriever": row.retriever, "corpus": row.corpus, "k": k}
    found["context_tokens"] = row.context_tokens.get(str(k))
    for score in row.scores:
        metric, _, own = score.scorer.rpartition("@")
        if own != str(k):
            continue
        found[metric] = score.mean
        found[f"{metric}.low"], found[f"{metric}.high"] = score.low, score.high
        if score.against is not None:
            found[f"{metric}.difference"] = score.against.difference
            found[f"{metric}.verdict"] = score.against.verdict
    return found | {"ms_per_query": row.ms_per_query, "run_id": row.run_id}
