"""A Python function as the target of an eval: sync or async, of one call or of a whole agent.

It asks by parameter name for inputs of the case, or for the ``case`` itself. It returns a text, or
a mapping with ``output`` and, if it likes, ``context`` (what it retrieved: a text or a list of
texts) and ``tool_calls`` in OpenAI's form.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import UsageError
from llmops_magics.evals.scorers.source import digest_function
from llmops_magics.evals.scorers.thread import call_either
from llmops_magics.evals.target import Answer, refuse_lacking, timed_response
from llmops_magics.models.chat import repeating
from llmops_magics.record import canonical_json

if TYPE_CHECKING:
    from llmops_magics.datasets.case import Case
    from llmops_magics.evals.target import Call

PREFIX = "python:"
WHOLE_CASE = "case"


@dataclass(frozen=True, kw_only=True)
class FunctionTarget:
    """A function that answers cases."""

    function: Callable[..., Any] = field(repr=False)
    function_name: str
    digest: str
    arguments: tuple[str, ...]
    required: tuple[str, ...]
    takes_all: bool  # has **inputs
    settings: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0

    @property
    def name(self) -> str:
        """``python:`` and the function's name."""
        return f"{PREFIX}{self.function_name}"

    @property
    def ref(self) -> str:
        """The name."""
        return self.name

    def check(self, cases: Sequence[Case], dataset: str) -> None:
        """Refuse a case that lacks what the function asks for without a default."""
        refuse_lacking(cases, dataset, self.required, self.name)

    async def answer(self, case: Case, call: Call) -> Answer:
        """Call the function; a sync one runs in a thread of its own."""
        arguments = self._arguments(case)
        started = time.perf_counter()
        with repeating(call.repeat):  # also of the calls that it makes in turn
            result = await call_either(self.function, **arguments)
        return _read(result, started, call)

    def _arguments(self, case: Case) -> dict[str, Any]:
        own = deepcopy(case)  # what the function changes, no other answer may see
        if self.takes_all:
            given = dict(own.inputs)
        else:
            given = {name: own.inputs[name] for name in self.arguments if name in own.inputs}
        return {**given, WHOLE_CASE: own} if WHOLE_CASE in self.arguments else given


def function_target(function: Callable[..., Any], name: str = "") -> FunctionTarget:
    """Return the target that a function is; raises ``UsageError`` for one that cannot be called."""
    name = name or str(getattr(function, "__name__", "") or type(function).__name__)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{name} has no signature that can be read: {error}.",
            hint="Wrap it: def answer(question): ...",
        ) from error
    if any(p.kind is p.POSITIONAL_ONLY for p in parameters):
        raise UsageError(
            f"{name} takes parameters by position alone.",
            hint="Name them as the columns of the dataset: def answer(question): ...",
        )
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    required = [p.name for p in named if p.default is p.empty and p.name != WHOLE_CASE]
    return FunctionTarget(
        function=function,
        function_name=name,
        digest=digest_function(function),
        arguments=tuple(p.name for p in named),
        required=tuple(required),
        takes_all=any(p.kind is p.VAR_KEYWORD for p in parameters),
    )


def _read(result: Any, started: float, call: Call) -> Answer:
    if isinstance(result, Mapping) and "output" in result:
        unknown = sorted(map(str, set(result) - {"output", "context", "tool_calls"}))
        if unknown:
            raise UsageError(
                f"the target returned {', '.join(unknown)}, which is not known.",
                hint="A mapping may hold output, context and tool_calls.",
            )
        calls = _calls(result.get("tool_calls"))
        text = _text(result["output"], is_empty_allowed=bool(calls))
        response = timed_response(text, started, call, calls)
        return Answer(response=response, context=_context(result.get("context")))
    return Answer(response=timed_response(_text(result), started, call))


def _text(value: Any, *, is_empty_allowed: bool = False) -> str:
    if isinstance(value, str):
        return value
    if value is None and is_empty_allowed:
        return ""
    if value is None:
        raise UsageError("the target returned None.", hint="Return the answer's text.")
    try:
        return canonical_json(value).decode()
    except (TypeError, ValueError):
        raise UsageError(
            f"the target returned a {type(value).__name__}.",
            hint="Return a text, or a mapping with output, context and tool_calls.",
        ) from None


def _calls(value: Any) -> tuple[dict[str, Any], ...]:
    if value is None:
        return ()
    if isinstance(value, list | tuple) and all(isinstance(each, Mapping) for each in value):
        try:
            return tuple(json.loads(canonical_json(value)))
        except (TypeError, ValueError):  # something in them that no JSON can hold
            pass
    raise UsageError(
        "the target's tool_calls are no list of JSON objects.",
        hint="Give them in OpenAI's form: a list of dicts.",
    )


def _context(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Sequence) and all(isinstance(each, str) for each in value):
        return "\n\n".join(value)
    raise UsageError(
        f"the target's context is a {type(value).__name__}.",
        hint="Give a text or a list of texts.",
    )
