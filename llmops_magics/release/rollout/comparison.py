"""How two answers to the same question compare: numbers only, no text is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from llmops_magics.prompts.rendered import PromptAnswer

MAX_WORDS = 20_000  # of an answer are compared


def compare(
    stable: PromptAnswer,
    candidate: PromptAnswer,
    *,
    variables: Mapping[str, Any],
    scorers: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what differs: equal or not, shared words (0 to 1), lengths, times, cost and scores.

    ``similarity`` is the F1 of shared words, as the scorer ``token_f1`` counts it. A scorer whose
    value is no number for both answers is left out. Raises ``ScorerError`` for an unknown one.
    """
    from llmops_magics.evals.scorers.token_f1 import token_f1

    texts = [" ".join(answer.text.split()[:MAX_WORDS]) for answer in (stable, candidate)]
    return {
        "equal": _said(stable) == _said(candidate),
        "similarity": token_f1(texts[1], texts[0]),
        "stable": _measures(stable),
        "candidate": _measures(candidate),
        "scores": _scores(stable, candidate, variables, scorers),
    }


def failed(stable: PromptAnswer, error: BaseException) -> dict[str, Any]:
    """Return what is kept of a candidate that gave no answer: the kind of error, not its text."""
    return {"stable": _measures(stable), "error": type(error).__name__}


def _said(answer: PromptAnswer) -> tuple[str, Any]:
    calls = [call.get("function") for call in answer.tool_calls]
    return answer.text.strip(), calls


def _measures(answer: PromptAnswer) -> dict[str, Any]:
    return {
        "characters": len(answer.text),
        "latency_ms": answer.latency_ms,
        "cost_usd": answer.cost_usd,
    }


def _scores(
    stable: PromptAnswer,
    candidate: PromptAnswer,
    variables: Mapping[str, Any],
    scorers: Sequence[str],
) -> dict[str, list[float]]:
    if not scorers:
        return {}
    own, other = (_score(answer, variables, scorers) for answer in (stable, candidate))
    return {name: [own[name], other[name]] for name in own if name in other}


def _score(
    answer: PromptAnswer, variables: Mapping[str, Any], scorers: Sequence[str]
) -> dict[str, float]:
    from llmops_magics.evals.scorer import ScorerContext, resolve, run_scorer

    context = ScorerContext(
        output=answer.text,
        inputs=dict(variables),
        latency_ms=answer.latency_ms,
        cost_usd=Decimal(answer.cost_usd) if answer.cost_usd else None,
        output_tokens=answer.output_tokens,
        tool_calls=answer.tool_calls,
        trace_id=answer.trace_id,
    )
    found = [asyncio.run(run_scorer(scorer, context)) for scorer in resolve(list(scorers))]
    return {
        score.scorer: float(score.value)
        for scores in found
        for score in scores
        if score.value is not None and not isinstance(score.value, str)
    }
