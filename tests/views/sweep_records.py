"""Sweeps and plans for the views' tests, each text of them the one given."""

from __future__ import annotations

from decimal import Decimal

from llmops_magics.evals.retrieval.sweep.record import (
    Estimate,
    HeldOut,
    PlannedTrial,
    SweepChange,
    SweepPlan,
    SweepReport,
    SweepRow,
)


def sweep_row(t="semchunk:200/0", **changes):
    fields = {
        "chunker": t, "embedding": t, "retriever": t, "k": 5,
        "scores": {"ndcg": 0.75, "recall": 0.8}, "low": 0.7, "high": 0.8, "n": 76,
        "difference": 0.0, "difference_low": 0.0, "difference_high": 0.0, "p_adjusted": 1.0,
        "verdict": "best", "context_tokens": 900.0, "ms_per_query": 7.5, "chunks": 58,
        "too_long": 3, "tokens": 11_211, "cost_usd": None,
    }  # fmt: skip
    return SweepRow(**(fields | changes))


def estimate(value=-0.02, **changes):
    fields = {"value": value, "low": -0.05, "high": 0.01, "n": 38, "verdict": "within noise"}
    return Estimate(**(fields | changes))


def sweep_report(t="semchunk:200/0", **changes):
    best = sweep_row(t)
    small = sweep_row(
        t, k=3, scores={"ndcg": 0.73, "recall": 0.7}, difference=-0.02, difference_low=-0.05,
        difference_high=0.01, verdict="within noise", context_tokens=450.0, is_current=True,
        cost_usd=Decimal("0.0012"),
    )  # fmt: skip
    fields = {
        "sweep_id": t, "corpus": t, "corpus_fingerprint": t, "queries": t, "queries_digest": t,
        "query_count": 80, "excluded": 4, "synthetic": 7, "principal": t, "score": "ndcg",
        "margin": 0.0, "holdout": 0.5, "chosen_on": 38, "verdict": "CHOSEN", "reasons": (),
        "remarks": (t,), "best": best.name, "cheapest": small.name, "optimism": 0.011,
        "held_out": HeldOut(
            n=38, best=estimate(0.7), cheapest=estimate(0.68), difference=estimate()
        ),
        "change": SweepChange(
            chunker=t, chunker_now=t, embedding=t, embedding_now=t, chunks=58, chunks_now=29,
            gain=estimate(0.03), line=t,
        ),
        "embedded": 58, "reused": 0, "wall_s": 7.3, "started_at": t, "rows": (best, small),
    }  # fmt: skip
    return SweepReport(**(fields | changes))


def sweep_plan(t="semchunk:200/0", **changes):
    trial = PlannedTrial(
        chunker=t, embedding=t, chunks=58, too_long=1, texts=58, missing=50, tokens=9_000,
        cost_usd=None,
    )  # fmt: skip
    fields = {
        "corpus": t, "queries": t, "query_count": 76, "configurations": 9, "retrievers": (t,),
        "ks": (5,), "trials": (trial,), "seconds": 61.0, "remarks": (t,),
    }  # fmt: skip
    return SweepPlan(**(fields | changes))


def every_record(t):
    undecided = sweep_report(
        t, verdict="INCONCLUSIVE", reasons=(t,), best="", cheapest="", change=None, held_out=None
    )
    return (sweep_report(t), undecided, sweep_plan(t))
