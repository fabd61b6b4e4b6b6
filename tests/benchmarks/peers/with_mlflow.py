# /// script
# dependencies = ["mlflow==3.17.2", "openai==3.54.0"]
# ///
"""MLflow: ``mlflow.genai.evaluate`` with a ``predict_fn`` on threads; all it keeps is in SQLite."""

from __future__ import annotations

import os

import work

os.environ |= {
    "MLFLOW_GENAI_EVAL_MAX_WORKERS": str(work.CONCURRENCY),
    "MLFLOW_GENAI_EVAL_SKIP_TRACE_VALIDATION": "True",  # it would ask once more than the others
    "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db",
}

import mlflow
import openai
from mlflow.genai.scorers import scorer

client = openai.OpenAI()


def ask(question: str) -> str:
    """Return the answer."""
    answer = client.chat.completions.create(
        model=work.MODEL, messages=work.messages({"question": question})
    )
    return answer.choices[0].message.content or ""


@scorer
def exact_match(outputs: str, expectations: dict[str, str]) -> bool:
    """Score one answer."""
    return outputs == expectations["expected"]


def main() -> None:
    """Evaluate the cases."""
    data = [
        {"inputs": {"question": case["question"]}, "expectations": {"expected": case["expected"]}}
        for case in work.cases()
    ]
    result = mlflow.genai.evaluate(data=data, scorers=[exact_match], predict_fn=ask)
    values = result.result_df["exact_match/value"].dropna()
    work.report(len(values), int(values.sum()))


if __name__ == "__main__":
    main()
