"""Plans, matrices and lists of runs for the views' tests, with numbers that can be read off."""

from __future__ import annotations

from decimal import Decimal

from llmops_magics.evals.estimate import EvalEstimate
from llmops_magics.evals.matrix import EvalMatrix, MatrixDifference, MatrixRow, MatrixScore
from llmops_magics.evals.planned_run import Figure, PlannedRun
from llmops_magics.evals.run_list import ListedRun, ListedScore, RunList
from llmops_magics.evals.sensitivity import Sensitivity


def planned_run(t="plain", **changes):
    fields = {
        "target": f"support/answer@4 {t}",
        "model": "openai/gpt-4.1-mini",
        "settings": {"temperature": 0},
        "calls": 200,
        "cached": 50,
        "judge_calls": 0,
        "input_tokens": Figure(value=123_456.0, source=f"run run-1 {t}"),
        "output_tokens": Figure(value=15_000.0, source=f"run run-1 {t}"),
        "cost_usd": Decimal("0.0734"),
        "cost_source": f"run run-1 {t}",
        "floor_usd": Decimal("0.0734"),
        "ceiling_usd": Decimal("0.0734"),
        "unpriced_calls": 0,
        "seconds": Figure(value=41.2, source=f"run run-1 {t}"),
    }
    return PlannedRun(**(fields | changes))


def unknown_run(t="plain", **changes):
    nothing = Figure(value=None, source=f"no earlier run {t}")
    fields = {
        "cached": None,
        "judge_calls": 200,
        "output_tokens": nothing,
        "cost_usd": None,
        "cost_source": nothing.source,
        "floor_usd": Decimal("0.0494"),
        "ceiling_usd": Decimal("1.31"),
        "seconds": nothing,
    }
    return planned_run(t, **(fields | changes))


def estimate(t="plain", *runs, **changes):
    shown = (
        Sensitivity(scorer=f"contains {t}", difference=0.083, is_proportion=True, source=t),
        Sensitivity(scorer="", difference=None, is_proportion=True, source=t),
    )
    fields = {
        "dataset": f"support-faq@3 {t}".strip(),
        "cases": 200,
        "repeats": 1,
        "scorers": ("contains", t),
        "judge_model": "openai/gpt-4.1",
        "runs": runs or (planned_run(t), unknown_run(t)),
        "sensitivity": shown,
    }
    return EvalEstimate(**(fields | changes))


def difference(verdict="better", value=0.062, t="plain"):
    return MatrixDifference(
        difference=value,
        low=0.02,
        high=0.11,
        method=f"BCa {t}",
        n=200,
        p_adjusted=0.012,
        verdict=verdict,
    )


def score(scorer="contains", mean=0.84, against=None, **changes):
    fields = {
        "scorer": scorer,
        "mean": mean,
        "low": mean - 0.05,
        "high": mean + 0.04,
        "n": 200,
        "missing": 0,
        "is_proportion": True,
        "against": against,
    }
    return MatrixScore(**(fields | changes))


def row(t="plain", run_id="run-0123456789ab-7f3a91c2", **changes):
    fields = {
        "run_id": run_id,
        "target": f"support/answer@3 {t}",
        "model": f"openai/gpt-4.1-mini {t}",
        "settings": {"temperature": 0},
        "is_reference": False,
        "cases": 200,
        "errors": 0,
        "scores": (score(),),
        "cost_usd": Decimal("0.0734"),
        "unpriced_samples": 0,
        "cost_per_case_usd": Decimal("0.000367"),
        "latency_p50_ms": 812.0,
        "latency_p95_ms": 1934.0,
    }
    return MatrixRow(**(fields | changes))


def matrix(t="plain", rows=None, **changes):
    name = f"contains {t}"
    rows = rows or (
        row(t, f"run-a {t}", is_reference=True, scores=(score(name, 0.78),)),
        row(t, f"run-b {t}", target=f"support/answer@4 {t}", errors=3,
            scores=(score(name, 0.842, difference(t=t), is_best=True, missing=2),)),
        row(t, f"run-c {t}", settings={"temperature": 0.7, t: [t]}, cost_per_case_usd=None,
            unpriced_samples=200, scores=(score(name, 0.7, difference("worse", -0.08, t)),)),
        row(t, f"run-d {t}", model="acme/x",
            scores=(score(name, 0.79, difference("within noise", 0.01, t)),)),
        row(t, f"run-e {t}", scores=()),
    )  # fmt: skip
    fields = {
        "dataset": f"support-faq {t}",
        "dataset_digest": t,
        "repeats": 1,
        "scorers": (name,),
        "rows": rows,
        "same_dataset": False,
        "wall_s": 191.0,
    }
    return EvalMatrix(**(fields | changes))


def listed(t="plain", status="finished", **changes):
    fields = {
        "run_id": f"run-0123456789ab-7f3a91c2{t if t != 'plain' else ''}",
        "status": status,
        "target": f"support/answer@4 {t}",
        "model": f"openai/gpt-4.1-mini {t}",
        "dataset": f"support-faq {t}",
        "dataset_digest": t,
        "done": 200,
        "planned": 200,
        "scores": (ListedScore(scorer=f"contains {t}", mean=0.84, is_proportion=True),),
        "errors": 3,
        "cost_usd": Decimal("0.0734"),
        "unpriced_samples": 0,
        "started_at": "2030-01-31T09:15:00.000000Z",
        "finished_at": t,
    }
    return ListedRun(**(fields | changes))


def run_list(t="plain", **changes):
    runs = (
        listed(t),
        listed(t, "interrupted", done=120, scores=(), cost_usd=None, errors=0),
        listed(t, "running", done=7, scores=(), cost_usd=None, errors=0),
        listed(t, unpriced_samples=200, cost_usd=Decimal(0)),
    )
    return RunList(**({"runs": runs, "total": 31} | changes))


def every_record(t):
    one = matrix(t, rows=(row(t, is_reference=True),), scorers=("contains",), same_dataset=True)
    return [
        estimate(t),
        estimate(t, planned_run(t)),
        matrix(t),
        one,
        run_list(t),
        run_list(t, runs=tuple(listed(t, t) for _ in range(250)), total=250),
    ]
