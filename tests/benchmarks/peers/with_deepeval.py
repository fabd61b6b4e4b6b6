# /// script
# dependencies = ["deepeval==4.3.1", "openai==3.54.0"]
# ///
"""DeepEval: answers by a bare ``AsyncOpenAI`` loop, as its user makes them, then ``evaluate``.

As it comes it saves each case as it is scored, by writing two files anew;
``with_deepeval_unsaved.py`` is without that.
"""

from __future__ import annotations

import asyncio

import asking
import openai
import work
from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import ExactMatchMetric
from deepeval.test_case import LLMTestCase


def main(*, saved: bool = True) -> None:
    """Ask, then score."""
    outputs = asyncio.run(asking.ask_all(openai.AsyncOpenAI()))
    test_cases = [
        LLMTestCase(input=case["question"], actual_output=output, expected_output=case["expected"])
        for case, output in zip(work.cases(), outputs, strict=True)
    ]
    result = evaluate(
        test_cases,
        [ExactMatchMetric()],
        async_config=AsyncConfig(max_concurrent=work.CONCURRENCY),
        cache_config=CacheConfig(write_cache=saved),
        display_config=DisplayConfig(show_indicator=False, print_results=False),
    )
    work.report(len(result.test_results), sum(bool(found.success) for found in result.test_results))


if __name__ == "__main__":
    main()
