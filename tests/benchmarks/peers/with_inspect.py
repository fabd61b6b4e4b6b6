# /// script
# dependencies = ["inspect-ai==0.3.285", "openai==3.54.0"]
# ///
"""Inspect AI: a task of ``generate()`` and ``exact`` over its OpenAI-compatible provider."""

from __future__ import annotations

import os

import work
from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import Sample
from inspect_ai.scorer import exact
from inspect_ai.solver import generate


def main() -> None:
    """Run the task; the provider reads its address from variables of its own name."""
    os.environ |= {"SCRIPTED_BASE_URL": work.BASE_URL, "SCRIPTED_API_KEY": work.API_KEY}
    samples = [Sample(input=case["question"], target=case["expected"]) for case in work.cases()]
    (log,) = evaluate(
        Task(dataset=samples, solver=generate(), scorer=exact()),
        model=f"openai-api/scripted/{work.MODEL}",
        max_connections=work.CONCURRENCY,
        max_samples=work.CONCURRENCY,
        display="none",
        log_dir="logs",
    )
    if log.status != "success" or log.results is None:
        raise SystemExit(f"the eval ended as {log.status}: {log.error}")
    (score,) = log.results.scores
    scored = score.scored_samples or 0
    work.report(scored, round(score.metrics["mean"].value * scored))


if __name__ == "__main__":
    main()
