"""Routers, right-sizing and the cache for the views' tests, each text of them the one given."""

from __future__ import annotations

from decimal import Decimal

from llmops_magics.evals.rightsize import RightSize, SizedModel, SizeScore
from llmops_magics.models.routing.decision import Try
from llmops_magics.retrieval.semantic import NearPair, Rate, SemanticMeasurement, ThresholdRow
from llmops_magics.workbench.answers import CacheChange, CachedModel, CacheStatus
from llmops_magics.workbench.routers import RouterEntry, RouterList, RouteTrial


def size_score(t="plain", **changes):
    fields = {
        "scorer": f"contains {t}", "is_proportion": True, "mean": 0.84, "low": 0.78, "high": 0.89,
        "n": 200, "missing": 2, "difference": -0.03, "difference_low": -0.06,
        "difference_high": 0.01, "verdict": "inconclusive", "more_cases": 120,
    }  # fmt: skip
    return SizeScore(**(fields | changes))


def sized_model(t="plain", cost="0.0003", **changes):
    fields = {
        "model": f"openai/{t}", "run_id": t, "cases": 200, "errors": 3, "scores": (size_score(t),),
        "cost_per_case_usd": cost and Decimal(cost), "cost_low_usd": 0.00028,
        "cost_high_usd": 0.00033, "unpriced_samples": 0, "latency_p50_ms": 640.0,
        "latency_p95_ms": 2100.0, "verdict": "inconclusive",
    }  # fmt: skip
    return SizedModel(**(fields | changes))


def rightsize(t="plain", **changes):
    large = sized_model(
        f"large {t}", "0.01", verdict="reference", cost_low_usd=0.0095, cost_high_usd=0.0105,
        scores=(size_score(t, mean=0.87, verdict="reference", difference=None),),
    )  # fmt: skip
    unpriced = sized_model(
        f"own {t}", None, verdict="inferior", unpriced_samples=200, latency_p50_ms=None,
        cost_low_usd=None, cost_high_usd=None,
        scores=(size_score(t, verdict="inferior", mean=None),),
    )  # fmt: skip
    fields = {
        "prompt": t, "dataset": t, "dataset_digest": t, "margin": 0.02, "confidence": 0.95,
        "scorers": (f"contains {t}",), "reference": large.model,
        "models": (sized_model(t), large, unpriced), "verdict": "PASS",
        "chosen": sized_model(t).model, "reason": t, "wanted_route": t, "route": t,
        "spent_usd": Decimal("2.05"),
    }  # fmt: skip
    return RightSize(**(fields | changes))


def router_list(t="plain"):
    says = {t: {t: [t]}, "rules": [{"model": t, "language": [t]}], "weights": [1, 2]}
    entry = RouterEntry(name=t, strategy=t, models=(t, "router/b"), leaves=(t, t, t), says=says)
    return RouterList(routers=(entry,))


def route_trial(t="plain", **changes):
    tries = (Try(model=t, outcome="passed over", why=t), Try(model=t, outcome=t, why=t))
    fields = {
        "router": t, "strategy": t, "asks": tries, "called": True, "routed_to": t, "text": t,
        "cost_usd": "0.0003", "latency_ms": 640.0, "trace_id": t,
    }  # fmt: skip
    return RouteTrial(**(fields | changes))


def cache_status(t="plain", **changes):
    model = CachedModel(model=t, answers=31, size_bytes=20_000, oldest_at=t, newest_at=t)
    fields = {
        "answers": 31, "size_bytes": 20_000, "oldest_at": t, "max_answers": 250_000,
        "max_age_days": 90.0, "models": (model,), "hits": 4, "unpriced_hits": 1,
        "saved_usd": Decimal("0.05"), "semantic": t,
    }  # fmt: skip
    return CacheStatus(**(fields | changes))


def semantic_measurement(t="plain", **changes):
    rate = Rate(hits=1, n=2, rate=0.5, low=0.1, high=0.9)
    pair = NearPair(first=t, second=t, similarity=0.9)
    fields = {
        "source": t, "embedder": t, "same": 2, "different": 2, "most_false": 0.01,
        "rows": (ThresholdRow(threshold=0.9, hit=rate, false_hit=rate),), "usable": None,
        "reason": t, "nearest_different": (pair,), "farthest_same": (pair,),
    }  # fmt: skip
    return SemanticMeasurement(**(fields | changes))


def every_record(t):
    return [
        rightsize(t),
        rightsize(t, verdict="INCONCLUSIVE", chosen="", route=""),
        router_list(t),
        route_trial(t),
        route_trial(t, called=False, asks=()),
        cache_status(t),
        cache_status(t, answers=0, models=(), oldest_at="", hits=0),
        CacheChange(action=t, model=t, removed=3, left=28),
        semantic_measurement(t),
        semantic_measurement(t, usable=0.95),
    ]
