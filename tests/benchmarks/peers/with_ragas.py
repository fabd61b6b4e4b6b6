# /// script
# dependencies = ["ragas==0.4.3", "langchain-community==0.3.31", "openai==3.3.0"]
# ///
"""Ragas: answers by a bare ``AsyncOpenAI`` loop, as its user makes them, then ``evaluate``.

Without the pin of langchain-community it does not import.
"""

from __future__ import annotations

import asyncio

import asking
import openai
import work
from ragas import EvaluationDataset, RunConfig, evaluate
from ragas.metrics import ExactMatch


def main() -> None:
    """Ask, then score."""
    outputs = asyncio.run(asking.ask_all(openai.AsyncOpenAI()))
    rows = [
        {"user_input": case["question"], "response": output, "reference": case["expected"]}
        for case, output in zip(work.cases(), outputs, strict=True)
    ]
    result = evaluate(
        EvaluationDataset.from_list(rows),
        metrics=[ExactMatch()],
        run_config=RunConfig(max_workers=work.CONCURRENCY),
        show_progress=False,
    )
    scores = [row["exact_match"] for row in result.scores]
    work.report(len(scores), round(sum(scores)))


if __name__ == "__main__":
    main()
