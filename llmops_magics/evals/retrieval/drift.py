"""Drift: what the same queries find in an index then and now.

Documents are compared by rank and score among the first k. Metrics of both are compared as any two
eval runs, paired by query. Where the index moved while it was searched nothing is said: the gate
is void.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.record import Record
from llmops_magics.redaction import redact
from llmops_magics.retrieval.measure.ranking import Hit, best_chunks

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.evals.retrieval.record import RetrievalReport
    from llmops_magics.evals.retrieval.stored_check import StoredCheck
    from llmops_magics.evals.run import ScoreDifference
    from llmops_magics.retrieval.measure.query import Query

UNCHANGED, CHANGED, INCONCLUSIVE = "UNCHANGED", "CHANGED", "INCONCLUSIVE"
SAME_SCORE = 1e-6  # of its size: sums in another order differ in the last bits


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One document of one query; a rank or score is None where it was not among the first k.

    ``is_relevant`` says whether a label names it.
    """

    document_id: str
    rank_then: int | None
    rank_now: int | None
    score_then: float | None
    score_now: float | None
    is_relevant: bool

    @property
    def kind(self) -> str:
        """Entered, left, moved, or rescored at the same rank."""
        if self.rank_then is None:
            return "entered"
        if self.rank_now is None:
            return "left"
        return "moved" if self.rank_then != self.rank_now else "rescored"


@dataclass(frozen=True, kw_only=True)
class QueryDrift:
    """One query that changed; ``overlap`` is the share of the documents of both that both have."""

    query_id: str
    text: str
    overlap: float
    is_first_other: bool
    movements: tuple[Movement, ...]


@dataclass(frozen=True, kw_only=True)
class RetrieverDrift:
    """One retriever then and now, over ``queries``; ``changed`` counts those of another ranking.

    ``overlap`` is the mean of the queries'; ``differences`` are now minus then.
    """

    retriever: str
    queries: int
    changed: int
    first_other: int
    entered: int
    left: int
    moved: int
    rescored: int
    overlap: float
    differences: tuple[ScoreDifference, ...]
    per_query: tuple[QueryDrift, ...]


@dataclass(frozen=True, kw_only=True)
class RetrievalDrift(Record):
    """The same queries then and now; ``verdict`` is UNCHANGED, CHANGED or INCONCLUSIVE.

    ``then`` and ``now`` are ids of checks. Queries that changed most stand first.
    """

    kind: ClassVar[str] = "retrieval-drift"

    corpus: str
    then: str
    now: str
    then_at: str
    now_at: str
    index_then: str
    index_now: str
    queries: str
    k: int
    verdict: str
    reasons: tuple[str, ...]
    retrievers: tuple[RetrieverDrift, ...]

    @property
    def worse(self) -> tuple[str, ...]:
        """The scores that got worse beyond noise, as ``retriever score``."""
        return tuple(
            f"{each.retriever} {item.scorer}"
            for each in self.retrievers
            for item in each.differences
            if item.verdict == "worse"
        )

    def to_pandas(self) -> pd.DataFrame:
        """One row a movement: query, document, ranks and scores then and now."""
        import pandas as pd

        return pd.DataFrame(
            {
                "retriever": each.retriever,
                "query_id": query.query_id,
                "document_id": movement.document_id,
                "kind": movement.kind,
                "rank_then": movement.rank_then,
                "rank_now": movement.rank_now,
                "score_then": movement.score_then,
                "score_now": movement.score_now,
                "is_relevant": movement.is_relevant,
            }
            for each in self.retrievers
            for query in each.per_query
            for movement in query.movements
        )


Lists = Mapping[str, Mapping[str, Sequence[Hit]]]  # retriever -> query -> hits
Differences = Mapping[str, Sequence[Any]]


def drift(
    then: StoredCheck,
    now: RetrievalReport,
    lists: tuple[Lists, Lists],
    queries: Sequence[Query],
    differences: Differences,
    *,
    redacted: bool,
) -> RetrievalDrift:
    """Compare the ranked lists of two checks of the same queries, ``lists`` being then and now.

    ``differences`` are those of the scores, by retriever.
    """
    names = [name for name in lists[0] if name in lists[1]]
    found = tuple(
        _retriever(
            name,
            (lists[0][name], lists[1][name]),
            queries,
            now.k,
            tuple(differences.get(name, ())),
            redacted=redacted,
        )
        for name in names
    )
    has_changed = any(each.changed for each in found)
    reasons = () if now.verdict != INCONCLUSIVE else now.reasons
    verdict = INCONCLUSIVE if reasons else CHANGED if has_changed else UNCHANGED
    return RetrievalDrift(
        corpus=now.corpus,
        then=then.check_id,
        now=now.report_id,
        then_at=then.started_at,
        now_at=now.started_at,
        index_then=next(iter(then.index_fingerprints.values())),
        index_now=now.index_fingerprint,
        queries=now.queries,
        k=now.k,
        verdict=verdict,
        reasons=reasons,
        retrievers=found,
    )


def _retriever(
    name: str,
    lists: tuple[Mapping[str, Sequence[Hit]], Mapping[str, Sequence[Hit]]],
    queries: Sequence[Query],
    k: int,
    differences: tuple[ScoreDifference, ...],
    *,
    redacted: bool,
) -> RetrieverDrift:
    then, now = lists
    common = [query for query in queries if query.id in then and query.id in now]
    found = [_query(query, then[query.id], now[query.id], k, redacted) for query in common]
    kinds = [movement.kind for each in found for movement in each.movements]
    changed = sorted((each for each in found if each.movements), key=lambda q: q.overlap)
    return RetrieverDrift(
        retriever=name,
        queries=len(common),
        changed=len(changed),
        first_other=sum(each.is_first_other for each in found),
        entered=kinds.count("entered"),
        left=kinds.count("left"),
        moved=kinds.count("moved"),
        rescored=kinds.count("rescored"),
        overlap=sum(each.overlap for each in found) / len(found) if found else 1.0,
        differences=differences,
        per_query=tuple(changed),
    )


def _query(
    query: Query, then: Sequence[Hit], now: Sequence[Hit], k: int, redacted: bool
) -> QueryDrift:
    before, after = _placed(then, k), _placed(now, k)
    relevant = {label.document_id for label in query.answers}
    both = before.keys() | after.keys()
    movements = [_movement(d, before.get(d), after.get(d), d in relevant) for d in both]
    movements = [movement for movement in movements if not _is_same(movement)]
    return QueryDrift(
        query_id=query.id,
        text=redact(query.text) if redacted else query.text,
        overlap=len(before.keys() & after.keys()) / len(both) if both else 1.0,
        is_first_other=next(iter(before), None) != next(iter(after), None),
        movements=tuple(sorted(movements, key=_order)),
    )


def _placed(hits: Sequence[Hit], k: int) -> dict[str, tuple[int, float]]:
    """Return rank and score of the first k documents."""
    best = best_chunks(hits)[:k]
    return {hit.document_id: (rank, hit.score) for rank, hit in enumerate(best, 1)}


def _movement(
    document: str,
    before: tuple[int, float] | None,
    after: tuple[int, float] | None,
    is_relevant: bool,
) -> Movement:
    rank_then, score_then = before or (None, None)
    rank_now, score_now = after or (None, None)
    return Movement(
        document_id=document,
        rank_then=rank_then,
        rank_now=rank_now,
        score_then=score_then,
        score_now=score_now,
        is_relevant=is_relevant,
    )


def _is_same(movement: Movement) -> bool:
    then, now = movement.score_then, movement.score_now
    if movement.rank_then != movement.rank_now or then is None or now is None:
        return False
    return abs(then - now) <= SAME_SCORE * max(abs(then), abs(now), 1e-30)


def _order(movement: Movement) -> tuple[bool, int, str]:
    """Order what is relevant first, then by the better of both ranks."""
    ranks = [rank for rank in (movement.rank_then, movement.rank_now) if rank is not None]
    return not movement.is_relevant, min(ranks), movement.document_id
