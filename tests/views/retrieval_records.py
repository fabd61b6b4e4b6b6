"""Retrieval checks and drift for the views' tests, each text of them the one given."""

from __future__ import annotations

from llmops_magics.evals.matrix import MatrixDifference, MatrixScore
from llmops_magics.evals.retrieval.drift import (
    Movement,
    QueryDrift,
    RetrievalDrift,
    RetrieverDrift,
)
from llmops_magics.evals.retrieval.record import (
    Fetched,
    Missed,
    QueryResult,
    QueryRow,
    RetrievalReport,
    RetrievalRow,
    SliceScore,
)
from llmops_magics.evals.run import ScoreDifference
from llmops_magics.retrieval.canary import AccessCheck, Leak, PrincipalRow
from llmops_magics.retrieval.passage import Passage
from llmops_magics.workbench.search import SearchResult

SCORERS = ("recall@5", "recall_per_1k_tokens@5", "hit_rate@5", "recall@10", "ndcg@10")


def matrix_score(scorer, verdict="better"):
    against = MatrixDifference(
        difference=0.125, low=0.02, high=0.2, method="BCa", n=300, p_adjusted=0.004, verdict=verdict
    )
    return MatrixScore(
        scorer=scorer, mean=0.75, low=0.7, high=0.8, n=300, missing=2,
        is_proportion=scorer.startswith("hit"), against=against,
    )  # fmt: skip


def row(t="dense", **changes):
    fields = {
        "retriever": t, "corpus": t, "index_fingerprint": t, "run_id": t,
        "scores": tuple(map(matrix_score, SCORERS)), "context_tokens": {"5": 812.0, "10": 1603.5},
        "ms_per_query": 7.5, "against": t,
    }  # fmt: skip
    return RetrievalRow(**(fields | changes))


def query_row(t="plain", **changes):
    result = QueryResult(
        retriever=t,
        found=1,
        fetched=(Fetched(document_id=t, rank=1, score=0.5, grade=None),),
        missed=(
            Missed(document_id=t, grade=1, rank=23),
            Missed(document_id=t, grade=1, rank=None, start=3, end=9),
        ),
    )
    fields = {
        "query_id": t, "text": t, "tags": (t,), "relevant": 3, "results": (result,), "excluded": t
    }  # fmt: skip
    return QueryRow(**(fields | changes))


def retrieval_report(t="plain", **changes):
    one_slice = SliceScore(
        tag=t, retriever=t, scorer="recall@10", mean=0.5, low=0.4, high=0.6, n=30,
        difference=-0.1, p_adjusted=0.01, verdict="worse",
    )  # fmt: skip
    fields = {
        "report_id": t, "corpus": t, "index_fingerprint": t, "index": {"chunker": t, t: t},
        "queries": t, "queries_digest": t, "query_count": 300, "excluded": 40, "synthetic": 7,
        "ks": (5, 10), "k": 10, "depth": 100, "principal": t, "scorers": SCORERS,
        "verdict": "INCONCLUSIVE", "reasons": (t,), "remarks": (t,), "baseline": t,
        "rows": (row(t), row(t, is_baseline=True)), "slices": (one_slice,),
        "per_query": (query_row(t),), "ranked_artifact": t, "started_at": t,
    }  # fmt: skip
    return RetrievalReport(**(fields | changes))


def query_drift(t="plain", **changes):
    places = ((1, 2), (None, 3), (4, None), (5, 5))
    movements = tuple(
        Movement(
            document_id=t, rank_then=then, rank_now=now, score_then=then and 0.5,
            score_now=now and 0.25, is_relevant=True,
        )
        for then, now in places
    )  # fmt: skip
    fields = {
        "query_id": t, "text": t, "overlap": 0.5, "is_first_other": True, "movements": movements
    }  # fmt: skip
    return QueryDrift(**(fields | changes))


def retrieval_drift(t="plain", **changes):
    worse = ScoreDifference(
        scorer="recall@10", difference=-0.2, low=-0.3, high=-0.1, method="BCa", n=300,
        improved=(), regressed=(t,), p_adjusted=0.001, verdict="worse",
    )  # fmt: skip
    retriever = RetrieverDrift(
        retriever=t, queries=300, changed=1, first_other=1, entered=1, left=1, moved=1, rescored=1,
        overlap=0.9, differences=(worse,), per_query=(query_drift(t),),
    )  # fmt: skip
    fields = {
        "corpus": t, "then": t, "now": t, "then_at": t, "now_at": t, "index_then": t,
        "index_now": f"{t} now", "queries": t, "k": 10, "verdict": "CHANGED", "reasons": (t,),
        "retrievers": (retriever,),
    }  # fmt: skip
    return RetrievalDrift(**(fields | changes))


def search_result(t="plain", **changes):
    passage = Passage(
        document_id=t, chunk_id=t, title=t, text=t, start=3, end=9, score=0.5, rank=1, source=t,
        groups=(t,), metadata={t: t},
    )  # fmt: skip
    fields = {
        "corpus": t, "index_fingerprint": t, "query": t, "retriever": t, "principal": t,
        "passages": (passage,), "ms": 12.0,
    }  # fmt: skip
    return SearchResult(**(fields | changes))


def access_check(t="plain", **changes):
    leak = Leak(canary=t, document_id=t, groups=(t,), rank=1)
    row = PrincipalRow(principal=t, groups=(t,), forbidden=1, allowed=1, found=1, leaks=(leak,))
    fields = {
        "corpus": t, "index_fingerprint": t, "retriever": t, "k": 10, "protected": 1,
        "canaries": 2, "rows": (row,),
    }  # fmt: skip
    return AccessCheck(**(fields | changes))


def every_record(t):
    return (retrieval_report(t), retrieval_drift(t), search_result(t), access_check(t))
