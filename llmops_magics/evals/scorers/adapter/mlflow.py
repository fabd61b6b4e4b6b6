"""MLflow's GenAI scorers as scorers: what ``Scorer.run`` returns, with its rationale.

They are given ``inputs``, ``outputs`` and ``expectations``: the case's expected value under
``expected_response``, or its keys where it is a mapping, and no trace. A categorical "yes" or "no"
is an assertion, as MLflow counts it. The metrics of ``mlflow.metrics`` (deprecated since 3.4) work
on whole columns and are not taken. Checked with 3.17.2.
"""

from __future__ import annotations

import inspect
from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.adapter.adapted import (
    AdaptedScorer,
    digest_metric,
    name_of,
    reference_of,
    unsupported,
)
from llmops_magics.evals.scorers.contract import Scorer, ScorerContext, is_absent, missing
from llmops_magics.evals.scorers.result import as_scores
from llmops_magics.evals.scorers.source import digest_function
from llmops_magics.evals.scorers.thread import run_in_thread
from llmops_magics.record import digest

PACKAGE = "mlflow"
VERDICTS = {"yes": True, "no": False}


def adapt(metric: Any, name: str = "") -> Scorer | None:
    """Return a scorer of MLflow's as one of ours, None for what is none. Raises ``ScorerError``."""
    if callable(getattr(metric, "eval_fn", None)):
        raise unsupported(PACKAGE, metric, "it works on whole columns")
    if not (callable(metric) and callable(getattr(metric, "run", None))):
        return None
    parameters = inspect.signature(metric.__call__).parameters
    for unknown in ("trace", "session"):
        if unknown in parameters and parameters[unknown].default is inspect.Parameter.empty:
            raise unsupported(PACKAGE, metric, f"it wants a {unknown} of MLflow's")
    made = name_of(PACKAGE, name, getattr(metric, "name", "") or type(metric).__name__)

    async def measure(context: ScorerContext) -> tuple[Score, ...]:
        result = await run_in_thread(
            metric.run,
            inputs=dict(context.inputs),
            outputs=context.output,
            expectations=_expectations(context),
        )
        results = result if isinstance(result, list) else [result]
        named = made if not isinstance(result, list) else ""
        return tuple(score for each in results for score in _scores(made, named, each))

    needs = {"expected"} if _is_required(parameters, "expectations") else set()
    return AdaptedScorer(name=made, digest=_digest(metric), needs=frozenset(needs), measure=measure)


def _scores(scorer: str, name: str, result: Any) -> tuple[Score, ...]:
    """Return the scores of one result: a plain value, or a feedback with value and rationale."""
    if not hasattr(result, "rationale"):
        return as_scores(scorer, result)
    name = name or f"{scorer}.{result.name}"
    if getattr(result, "error", None) is not None:
        return (missing(name, str(getattr(result.error, "error_message", result.error))),)
    value = _value(result.value)
    if isinstance(value, bool | int | float | str):
        return as_scores(name, Score(scorer=name, value=value, reason=str(result.rationale or "")))
    return as_scores(name, value)


def _value(value: Any) -> Any:
    """Return yes and no of a CategoricalRating as an assertion, its other values as labels."""
    if type(value).__name__ != "CategoricalRating":
        return value
    return VERDICTS.get(str(value.value), str(value.value))


def _expectations(context: ScorerContext) -> dict[str, Any] | None:
    if is_absent(context.expected):
        return None
    if isinstance(context.expected, dict):
        return dict(context.expected)
    return {"expected_response": reference_of(context)}


def _is_required(parameters: Any, name: str) -> bool:
    return name in parameters and parameters[name].default is inspect.Parameter.empty


def _digest(metric: Any) -> str:
    """Digest with the function behind ``@mlflow.genai.scorer``, which its class does not show."""
    function = getattr(metric, "_original_func", None) or type(metric)
    return digest([digest_metric(PACKAGE, metric), digest_function(function)])
