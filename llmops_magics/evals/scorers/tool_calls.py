"""tool_calls: does the answer ask for the right tools? An assertion; needs expected calls.

Expected are ``metadata["tool_calls"]``, ``expected["tool_calls"]``, or ``expected`` itself where it
is a list of calls: each ``{"name": …, "arguments": {…}}``, OpenAI's form, or a mere name, which
leaves the arguments open. An empty list expects no call.

``mode``: ``exact`` (the same calls in the same order), ``unordered`` (the same, in any order) or
``subset`` (at least these, in any order). ``arguments``: ``exact``, ``subset`` (those named must
be there, with their values) or ``ignore``. Arguments are compared as JSON: 1 is 1.0, "1" is not 1.
With it come ``.precision``, the share of calls that were expected, and ``.recall``, the share of
expected calls that were made, each where it is defined.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing, not_applicable
from llmops_magics.evals.scorers.parameter import choice
from llmops_magics.evals.scorers.text import shorten
from llmops_magics.evals.scorers.tool_call import ToolCall, fits, pair, read_calls
from llmops_magics.evals.scorers.wish import as_data, find_wish

MODES = ("exact", "unordered", "subset")
ARGUMENTS = ("exact", "subset", "ignore")


def compare_calls(
    made: Sequence[ToolCall], wanted: Sequence[ToolCall], mode: str, arguments: str
) -> tuple[bool, int, str]:
    """Return whether the calls are right, how many belong together, and what is wrong."""
    pairs = pair(made, wanted, partial(fits, arguments=arguments))
    absent = [str(call) for position, call in enumerate(wanted) if position not in pairs]
    extra = [str(call) for position, call in enumerate(made) if position not in pairs.values()]
    faults = [f"not called: {', '.join(absent)}"] if absent else []
    if extra and mode != "subset":
        faults.append(f"not expected: {', '.join(extra)}")
    if not faults and mode == "exact" and not _in_order(made, wanted, arguments):
        faults.append("in another order")
    return not faults, len(pairs), "; ".join(faults)


def _in_order(made: Sequence[ToolCall], wanted: Sequence[ToolCall], arguments: str) -> bool:
    return all(fits(call, want, arguments) for call, want in zip(made, wanted, strict=True))


def _wanted(context: ScorerContext) -> Any:
    named = find_wish(context, "tool_calls")
    if named is not None:
        return named
    expected = as_data(context.expected)
    return expected if isinstance(expected, list) else None


def make(*, mode: str = "exact", arguments: str = "exact") -> BuiltIn:
    """Return the scorer that compares calls in this mode."""
    choice("mode", mode, MODES)
    choice("arguments", arguments, ARGUMENTS)

    def judge(context: ScorerContext) -> Score | tuple[Score, ...]:
        expected = _wanted(context)
        if expected is None:
            return not_applicable("", "the case expects no tool calls")
        try:
            wanted = read_calls(expected)
        except ValueError as error:
            return missing("", f"the expected tool calls are wrong: {error}")
        try:
            made = read_calls(context.tool_calls)
        except ValueError as error:
            return Score(scorer="", value=False, reason=str(error))
        is_right, matched, reason = compare_calls(made, wanted, mode, arguments)
        return (
            Score(scorer="", value=is_right, reason=shorten(reason, 300)),
            share(".precision", matched, len(made), "no tool was called"),
            share(".recall", matched, len(wanted), "no tool call is expected"),
        )

    sources = (
        __name__,
        "llmops_magics.evals.scorers.tool_call",
        "llmops_magics.evals.scorers.json_fields",
        "llmops_magics.evals.scorers.wish",
    )
    settings = settle({"mode": mode, "arguments": arguments})
    return BuiltIn("tool_calls", frozenset(), judge, sources, settings)


def share(scorer: str, part: int, whole: int, reason: str) -> Score:
    """Return the score part / whole, not applicable where the whole is 0."""
    if whole == 0:
        return not_applicable(scorer, reason)
    return Score(scorer=scorer, value=part / whole)


SCORER = make()
