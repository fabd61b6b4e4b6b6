"""DeepEval's single-turn metrics as scorers: ``score`` with its reason, and ``.passed``.

A metric keeps its result in itself, so every case gets a shallow copy: two at once do not mix.
``.passed`` is the metric's own verdict at its threshold, where it has one. Checked with 4.3.1.
"""

from __future__ import annotations

import copy
import inspect
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
from llmops_magics.evals.scorers.contract import (
    Scorer,
    ScorerContext,
    missing,
    not_applicable,
)
from llmops_magics.evals.scorers.result import as_scores
from llmops_magics.evals.scorers.thread import run_in_thread
from llmops_magics.evals.scorers.tool_call import read_calls
from llmops_magics.evals.scorers.wish import find_wish

PACKAGE = "deepeval"
STATE = ("score", "reason", "success", "error", "evaluation_cost", "verbose_logs", "skipped")
NEEDED = {
    "expected_output": "expected",
    "context": "context",
    "retrieval_context": "context",
}


def adapt(metric: Any, name: str = "") -> Scorer | None:
    """Return a metric as a scorer, None for what is none. Raises ``ScorerError``."""
    if not callable(getattr(metric, "a_measure", None)):
        return None
    kinds = {kind.__name__ for kind in type(metric).__mro__}
    if kinds & {"BaseConversationalMetric", "BaseArenaMetric"}:
        raise unsupported(PACKAGE, metric, "it wants a conversation or several answers")
    made = name_of(PACKAGE, name, getattr(metric, "__name__", type(metric).__name__))

    async def measure(context: ScorerContext) -> tuple[Score, ...]:
        own = copy.copy(metric)
        await _measure(own, _test_case(context))
        return _scores(made, own)

    return AdaptedScorer(
        name=made,
        digest=digest_metric(PACKAGE, metric, STATE),
        needs=_needs(metric),
        measure=measure,
    )


async def _measure(metric: Any, test_case: Any) -> None:
    quiet = {"_show_indicator": False} if _shows(metric.a_measure) else {}
    try:
        await metric.a_measure(test_case, **quiet)
    except NotImplementedError:
        quiet = {"_show_indicator": False} if _shows(metric.measure) else {}
        await run_in_thread(metric.measure, test_case, **quiet)


def _shows(method: Any) -> bool:
    return "_show_indicator" in inspect.signature(method).parameters


def _scores(name: str, metric: Any) -> tuple[Score, ...]:
    if getattr(metric, "skipped", False):
        return (not_applicable(name, "the metric skipped the case"),)
    if getattr(metric, "error", None):
        return (missing(name, str(metric.error)),)
    if metric.score is None:
        return (missing(name, "the metric gave no score"),)
    reason = str(getattr(metric, "reason", None) or "")
    (score,) = as_scores(name, Score(scorer=name, value=float(metric.score), reason=reason))
    if getattr(metric, "threshold", None) is None:
        return (score,)
    return (score, Score(scorer=f"{name}.passed", value=bool(metric.is_successful())))


def _test_case(context: ScorerContext) -> Any:
    module = import_module("deepeval.test_case")
    latency = context.latency_ms
    wanted = find_wish(context, "tool_calls")
    return module.LLMTestCase(
        input=question_of(context),
        actual_output=context.output,
        expected_output=reference_of(context),
        context=passages_of(context),
        retrieval_context=passages_of(context),
        tools_called=_tools(module, context.tool_calls),
        expected_tools=None if wanted is None else _tools(module, wanted),
        token_cost=None if context.cost_usd is None else float(context.cost_usd),
        completion_time=None if latency is None else latency / 1000,  # seconds
    )


def _tools(module: Any, calls: Any) -> list[Any]:
    return [
        module.ToolCall(
            name=call.name,
            input_parameters=call.arguments if isinstance(call.arguments, dict) else None,
        )
        for call in read_calls(calls)
    ]


def _needs(metric: Any) -> frozenset[str]:
    fields = {
        str(getattr(field, "value", field)) for field in getattr(metric, "_required_params", ())
    }
    return frozenset(NEEDED[field] for field in fields & NEEDED.keys())
