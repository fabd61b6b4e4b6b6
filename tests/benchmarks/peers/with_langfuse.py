# /// script
# dependencies = ["langfuse==5.0.4", "openai==3.54.0"]
# ///
"""Langfuse: ``run_experiment`` on local data with its openai wrapper; traces go to the endpoint."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import work

ADDRESS = urlsplit(work.BASE_URL)
os.environ |= {
    "LANGFUSE_BASE_URL": f"{ADDRESS.scheme}://{ADDRESS.netloc}",
    "LANGFUSE_PUBLIC_KEY": "pk-scripted",
    "LANGFUSE_SECRET_KEY": "sk-scripted",
}

from langfuse import Evaluation, get_client  # noqa: E402 - it reads the variables on import
from langfuse.openai import AsyncOpenAI  # noqa: E402


def exact_match(*, output: str, expected_output: str, **_: Any) -> Evaluation:
    """Score one answer."""
    return Evaluation(name="exact_match", value=float(output == expected_output))


def main() -> None:
    """Run the experiment and ship what is left."""
    client = AsyncOpenAI()

    async def ask(*, item: dict[str, Any], **_: Any) -> str:
        answer = await client.chat.completions.create(
            model=work.MODEL, messages=work.messages({"question": item["input"]})
        )
        return answer.choices[0].message.content or ""

    langfuse = get_client()
    result = langfuse.run_experiment(
        name="capital",
        data=[
            {"input": case["question"], "expected_output": case["expected"]}
            for case in work.cases()
        ],
        task=ask,
        evaluators=[exact_match],
        max_concurrency=work.CONCURRENCY,
    )
    langfuse.flush()
    values = [score.value for item in result.item_results for score in item.evaluations]
    work.report(len(values), round(sum(values)))


if __name__ == "__main__":
    main()
