# /// script
# dependencies = ["arize-phoenix-evals==3.9.4", "openai==3.54.0"]
# ///
"""Phoenix evals: an evaluator that asks through its ``LLM`` and compares, over a DataFrame.

Its rate limiter starts at a few requests a second; it is told 5,000, else it is what is measured.
"""

from __future__ import annotations

import asyncio

import pandas as pd
import work
from phoenix.evals import LLM, async_evaluate_dataframe, create_evaluator

llm = LLM(provider="openai", model=work.MODEL, initial_per_second_request_rate=5000)


@create_evaluator(name="exact_match")
async def exact_match(question: str, expected: str) -> bool:
    """Ask and compare."""
    return await llm.async_generate_text(question) == expected


def main() -> None:
    """Evaluate the frame; each score comes back in a column."""
    found = asyncio.run(
        async_evaluate_dataframe(
            pd.DataFrame(work.cases()),
            [exact_match],
            concurrency=work.CONCURRENCY,
            hide_tqdm_bar=True,
        )
    )
    values = [score["score"] for score in found["exact_match_score"].dropna()]
    work.report(len(values), round(sum(values)))


if __name__ == "__main__":
    main()
