"""Which inputs of a target an attack goes into, and what of it attacks may name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import UsageError
from llmops_magics.evals.function_target import WHOLE_CASE, FunctionTarget
from llmops_magics.evals.target import PromptTarget
from llmops_magics.guard.redteam.delivery import Inputs
from llmops_magics.guard.redteam.suite import TOOLS, Surface

if TYPE_CHECKING:
    from llmops_magics.evals.target import Target

QUESTION = ("question", "message", "query", "prompt", "input", "user_input", "user", "text", "task")
CONTEXT = ("context", "documents", "document", "passages", "retrieved", "sources", "tool_result")
HISTORY = ("history", "conversation", "transcript")
MESSAGES = ("messages",)
UNKNOWN = "n/a"  # for an input that no attack goes into and that has no example


def find_inputs(target: Target, question: str = "", context: str = "") -> Inputs:
    """Return the inputs of a target by their names; ``question`` and ``context`` say which.

    Raises ``UsageError`` where none of a target's inputs can be told to be the question.
    """
    names, required, fixed = _inputs_of(target)
    for name in filter(None, (question, context)):
        if names and name not in names:
            raise UsageError(f"{target.ref} has no input {name!r}.", hint=_has(names))
    found = Inputs(
        question=question or _first(QUESTION, names),
        context=context or _first(CONTEXT, names),
        history=_first(HISTORY, names),
        messages=_first(MESSAGES, names) if isinstance(target, FunctionTarget) else "",
    )
    if not (found.question or found.messages):
        found = replace(found, question=_only(target, names, required, found))
    taken = {found.question, found.context, found.history, found.messages}
    rest = {name: fixed.get(name, UNKNOWN) for name in required if name not in taken}
    return replace(found, fixed=rest)


def surface_of(target: Target, canaries: Sequence[str] = ()) -> Surface:
    """Return the tools that a prompt declares, and whether its system prompt is known."""
    if not isinstance(target, PromptTarget):
        return Surface(canaries=tuple(canaries), has_system=False)
    return Surface(
        tools=_tools(target.settings) or TOOLS,
        canaries=tuple(canaries),
        has_system=any(message.role == "system" for message in target.version.messages),
    )


def _inputs_of(target: Target) -> tuple[Collection[str], Collection[str], Mapping[str, Any]]:
    """Return the names of all inputs, of those that must be given, and examples of values."""
    if isinstance(target, PromptTarget):
        version = target.version
        return version.variables, version.required, version.sample
    if isinstance(target, FunctionTarget):
        is_open = target.takes_all or WHOLE_CASE in target.arguments
        named = [name for name in target.arguments if name != WHOLE_CASE]
        usual = (QUESTION[0], CONTEXT[0]) if is_open else ()
        return list(dict.fromkeys([*named, *usual])), target.required, {}
    return (), (), {}


def _first(wanted: Sequence[str], names: Collection[str]) -> str:
    return next((name for name in wanted if name in names), "")


def _only(target: Target, names: Collection[str], required: Collection[str], found: Inputs) -> str:
    free = [name for name in required if name not in (found.context, found.history)]
    if len(free) == 1:
        return free[0]
    raise UsageError(
        f"It cannot be told which input of {target.ref} takes what a user writes.",
        hint=f"Say which: --question NAME. {_has(names)}",
    )


def _has(names: Collection[str]) -> str:
    return f"Its inputs are {', '.join(sorted(names))}." if names else "It has none."


def _tools(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the tools among a prompt's settings, in OpenAI's form."""
    tools = settings.get("tools")
    functions = [t.get("function", t) for t in tools or () if isinstance(t, Mapping)]
    return tuple(str(f["name"]) for f in functions if isinstance(f, Mapping) and f.get("name"))
