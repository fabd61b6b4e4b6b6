"""trajectory: were the expected tools called, in the expected order? An assertion.

Expected is ``metadata["trajectory"]``, ``expected["trajectory"]``, or ``expected`` itself where it
is a list: names of tools, or calls, of which the names count. The path taken is that of the
trace's tool spans where the run keeps a trace of the case, else that of the answer's tool calls.

``mode``: ``exact`` (this path and nothing else), ``in_order`` (these in this order, others may
stand between) or ``any_order`` (these, however often each is expected, with others). With it come
``.precision`` (expected steps among those taken) and ``.recall`` (expected steps taken), each
where it is defined; steps in order are the longest common subsequence, in ``any_order`` the common
multiset. The modes are named as in Vertex AI's agent evaluation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing, not_applicable
from llmops_magics.evals.scorers.parameter import choice
from llmops_magics.evals.scorers.rouge_l import common_length
from llmops_magics.evals.scorers.text import shorten
from llmops_magics.evals.scorers.tool_call import read_calls
from llmops_magics.evals.scorers.tool_calls import share
from llmops_magics.evals.scorers.wish import as_data, find_wish
from llmops_magics.tracing.trace import Trace

MODES = ("exact", "in_order", "any_order")
TOOL_OPERATION = "execute_tool"  # OpenTelemetry's GenAI conventions
TOOL_NAME = "gen_ai.tool.name"
OPERATION = "gen_ai.operation.name"


def count_steps(taken: Sequence[str], wanted: Sequence[str], mode: str) -> int:
    """Return how many of the wanted steps were taken, in their order unless any will do."""
    if mode == "any_order":
        return (Counter(taken) & Counter(wanted)).total()
    return common_length(taken, wanted)


def follows(taken: Sequence[str], wanted: Sequence[str], mode: str) -> bool:
    """Tell whether a path is the wanted one."""
    if mode == "exact":
        return list(taken) == list(wanted)
    return count_steps(taken, wanted, mode) == len(wanted)


def steps_of(trace: Trace) -> Iterator[str]:
    """Yield the names of the tools that a trace saw run, in the order of their start."""
    for span in sorted(trace.spans, key=lambda span: span.started_ns):
        if span.attributes.get(OPERATION) == TOOL_OPERATION:
            yield str(span.attributes.get(TOOL_NAME, span.name))


def _wanted(context: ScorerContext) -> Any:
    named = find_wish(context, "trajectory")
    if named is not None:
        return named
    expected = as_data(context.expected)
    return expected if isinstance(expected, list) else None


def _taken(context: ScorerContext) -> list[str]:
    if context.trace is not None:
        return list(steps_of(context.trace))
    return [call.name for call in read_calls(context.tool_calls)]


def make(*, mode: str = "exact") -> BuiltIn:
    """Return the scorer that compares paths in this mode."""
    choice("mode", mode, MODES)

    def judge(context: ScorerContext) -> Score | tuple[Score, ...]:
        expected = _wanted(context)
        if expected is None:
            return not_applicable("", "the case expects no path")
        try:
            wanted, taken = [call.name for call in read_calls(expected)], _taken(context)
        except ValueError as error:
            return missing("", f"the path cannot be read: {error}")
        steps = count_steps(taken, wanted, mode)
        is_right = follows(taken, wanted, mode)
        path = shorten(" > ".join(taken) or "no tool", 300)
        return (
            Score(scorer="", value=is_right, reason="" if is_right else f"taken: {path}"),
            share(".precision", steps, len(taken), "no step was taken"),
            share(".recall", steps, len(wanted), "no step is expected"),
        )

    sources = (
        __name__,
        "llmops_magics.evals.scorers.tool_call",
        "llmops_magics.evals.scorers.rouge_l",
        "llmops_magics.evals.scorers.wish",
    )
    return BuiltIn("trajectory", frozenset(), judge, sources, settle({"mode": mode}))


SCORER = make()
