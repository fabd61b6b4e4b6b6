"""Records of labelled queries that hold whatever a test wants."""

from __future__ import annotations

from decimal import Decimal

from llmops_magics.evals.retrieval.labelling.report import (
    LabelAgreement,
    LabelledQuery,
    RelevanceLabelling,
)
from llmops_magics.evals.retrieval.synthesis.record import QuerySynthesis, SyntheticQuery

DIGEST = "sha256:" + "ab" * 32


def synthesis(text="refund", count=2, **changes):
    queries = tuple(
        SyntheticQuery(
            query_id=f"q{n}", question=f"Where is {text}?", document_id=text, start=3, end=40,
            quote=f"The words {text}.",
        )
        for n in range(count)
    )  # fmt: skip
    fields = {
        "corpus": text,
        "index_fingerprint": DIGEST,
        "dataset": f"{text}-synthetic@1",
        "dataset_digest": DIGEST,
        "prompt": "retrieval/question@1",
        "model": text,
        "seed": 0,
        "principal": text,
        "asked": 5,
        "written": count,
        "dropped": {"a quote that the passage does not hold exactly": 3},
        "documents": 2,
        "candidates": 90,
        "candidate_documents": 9,
        "too_short": 4,
        "unreadable": 1,
        "run_id": "run-1",
        "cost_usd": Decimal("0.01"),
        "queries": queries,
    }
    return QuerySynthesis(**(fields | changes))


def labelling(text="refund", count=2, **changes):
    per_query = tuple(
        LabelledQuery(query_id=text, text=text, pooled=8, graded=4, relevant=2, contested=1)
        for _ in range(count)
    )
    fields = {
        "corpus": text,
        "index_fingerprint": DIGEST,
        "queries": text,
        "query_count": count,
        "retrievers": ("dense", text),
        "k": 10,
        "labeller": text,
        "at": "2026-01-01T00:00:00.000Z",
        "pooled": 16,
        "own": 6,
        "graded": 8,
        "grades": {"0": 4, "1": 1, "2": 1, "3": 2},
        "elsewhere": 2,
        "outdated": 1,
        "labellers": {text: 6, "ben": 4},
        "agreement": LabelAgreement(passages=2, pairs=2, same=1, alpha=0.5),
        "per_query": per_query,
        "remarks": (text,),
        "dataset": f"{text}@1",
        "dataset_cases": 2,
        "written": "",
    }
    return RelevanceLabelling(**(fields | changes))


def every_record(text):
    """Return one of each kind that holds the text everywhere."""
    return synthesis(text), labelling(text)
