"""Runs for tests of matrices: one value a case, from lists that can be counted by hand."""

from __future__ import annotations

from decimal import Decimal

from llmops_magics.evals.run import EvalRun, Sample, Score
from llmops_magics.evals.summary import summarise


def make_run(values, run_id="run-a", *, cost="0.001", **changes):
    """``values`` are those of the scorer ``ok``, one a case, or of several scorers by name."""
    by_scorer = values if isinstance(values, dict) else {"ok": values}
    cases = max(map(len, by_scorer.values()))
    samples = tuple(
        Sample(
            case_id=f"c{k}", repeat=0, inputs={"q": k}, expected=None, output="", error="",
            scores=tuple(Score(scorer=name, value=own[k]) for name, own in by_scorer.items()),
            latency_ms=100.0, input_tokens=50, output_tokens=10,
            cost_usd=None if cost is None else Decimal(cost),
        )
        for k in range(cases)
    )  # fmt: skip
    fields = {
        "run_id": run_id, "prompt": f"p@{run_id[-1]}", "prompt_digest": run_id, "dataset": "d",
        "dataset_digest": "sha256:d", "model": "openai/m", "resolved_models": (), "repeats": 1,
        "started_at": "", "summary": summarise(samples, list(by_scorer), 1.0), "samples": samples,
    }  # fmt: skip
    return EvalRun(**(fields | changes))
