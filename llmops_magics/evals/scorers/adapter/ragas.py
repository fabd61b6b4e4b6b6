"""Ragas' metrics as scorers: the older ``single_turn_ascore`` and the newer ``ascore``.

A newer metric is given what its ``ascore`` asks for by name (user_input, response, reference,
retrieved_contexts); a label stays a label. Checked with 0.4.3, which on a clean install fails at
its own import and needs ``langchain-community<0.4`` beside it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.adapter.adapted import (
    AdaptedScorer,
    digest_metric,
    name_of,
    passages_of,
    question_of,
    reference_of,
    unsupported,
)
from llmops_magics.evals.scorers.contract import Scorer, ScorerContext, missing
from llmops_magics.evals.scorers.result import as_scores

PACKAGE = "ragas"
NEEDED = {
    "reference": "expected",
    "retrieved_contexts": "context",
    "reference_contexts": "context",
}


def adapt(metric: Any, name: str = "") -> Scorer | None:
    """Return a metric as a scorer, None for what is none. Raises ``ScorerError``."""
    made = name_of(PACKAGE, name, getattr(metric, "name", "") or type(metric).__name__)
    if callable(getattr(metric, "single_turn_ascore", None)):
        return _old(metric, made)
    if callable(getattr(metric, "multi_turn_ascore", None)):
        raise unsupported(PACKAGE, metric, "it wants a conversation")
    return _new(metric, made) if callable(getattr(metric, "ascore", None)) else None


def _old(metric: Any, name: str) -> AdaptedScorer:
    columns = getattr(metric, "required_columns", {}).get("SINGLE_TURN", set())

    async def measure(context: ScorerContext) -> tuple[Score, ...]:
        sample = import_module("ragas.dataset_schema").SingleTurnSample(**_fields(context))
        return as_scores(name, await metric.single_turn_ascore(sample))

    return _scorer(metric, name, columns, measure)


def _new(metric: Any, name: str) -> AdaptedScorer:
    parameters = inspect.signature(metric.ascore).parameters.values()
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    named = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    required = {p.name for p in named if p.default is p.empty}

    async def measure(context: ScorerContext) -> tuple[Score, ...]:
        fields = {key: value for key, value in _fields(context).items() if value is not None}
        asked = fields.keys() if takes_any else {p.name for p in named} & fields.keys()
        absent = sorted(required - fields.keys())
        if absent:
            return (missing(name, f"the case has no {', '.join(absent)}"),)
        result = await metric.ascore(**{key: fields[key] for key in asked})
        value, reason = getattr(result, "value", result), getattr(result, "reason", None)
        if isinstance(value, str | bool | int | float):
            return as_scores(name, Score(scorer=name, value=value, reason=str(reason or "")))
        return as_scores(name, value)

    return _scorer(metric, name, required, measure)


def _scorer(metric: Any, name: str, columns: Iterable[str], measure: Any) -> AdaptedScorer:
    return AdaptedScorer(
        name=name,
        digest=digest_metric(PACKAGE, metric),
        needs=frozenset(NEEDED[column] for column in columns if column in NEEDED),
        measure=measure,
    )


def _fields(context: ScorerContext) -> dict[str, Any]:
    return {
        "user_input": question_of(context),
        "response": context.output,
        "reference": reference_of(context),
        "retrieved_contexts": passages_of(context),
        "reference_contexts": passages_of(context),
    }
