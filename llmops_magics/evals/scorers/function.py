"""Any Python function as a scorer, with the signature it asks for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, overload

from llmops_magics.errors import ScorerError
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.contract import NEEDS, ScorerContext
from llmops_magics.evals.scorers.result import as_scores
from llmops_magics.evals.scorers.source import digest_function
from llmops_magics.evals.scorers.thread import call_either

ARGUMENTS = (
    "output",
    "expected",
    "inputs",
    "context",
    "case_id",
    "latency_ms",
    "cost_usd",
    "output_tokens",
    "messages",
    "tool_calls",
    "tags",
    "metadata",
    "repeat",
    "case",
    "trace_id",
    "trace",
)
WHOLE_CONTEXT = "ctx"
NAME = re.compile(r"[A-Za-z_][\w.-]*")


@dataclass(frozen=True, kw_only=True)
class FunctionScorer:
    """A scorer made of a function, and still callable as that function."""

    name: str
    digest: str
    needs: frozenset[str]
    function: Callable[..., Any] = field(repr=False)
    positional: tuple[str, ...]
    keywords: tuple[str, ...]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function as it was written."""
        return self.function(*args, **kwargs)

    async def score(self, context: ScorerContext) -> tuple[Score, ...]:
        """Call the function with what it asks for; a sync one runs in a thread of its own."""
        args = [_argument(context, name) for name in self.positional]
        kwargs = {name: _argument(context, name) for name in self.keywords}
        return as_scores(self.name, await call_either(self.function, *args, **kwargs))


@overload
def scorer(function: Callable[..., Any]) -> FunctionScorer: ...
@overload
def scorer(
    *, name: str = "", needs: frozenset[str] | set[str] | None = None
) -> Callable[[Callable[..., Any]], FunctionScorer]: ...
def scorer(
    function: Callable[..., Any] | None = None,
    *,
    name: str = "",
    needs: frozenset[str] | set[str] | None = None,
) -> FunctionScorer | Callable[[Callable[..., Any]], FunctionScorer]:
    """Make a function a scorer: ``@scorer`` or ``@scorer(name=…, needs=…)``.

    The function asks by parameter name for any of ``ARGUMENTS``, or for everything at once with a
    first parameter ``ctx`` (a ``ScorerContext``). Unless ``needs`` is given, ``expected``,
    ``context`` and ``trace`` are needed when they are parameters with no default: cases that have
    none are then not applicable, and the function is not called. Raises ``ScorerError``.
    """
    if function is not None:
        return as_scorer(function, name=name, needs=needs)
    return lambda decorated: as_scorer(decorated, name=name, needs=needs)


def as_scorer(
    function: Callable[..., Any],
    *,
    name: str = "",
    needs: frozenset[str] | set[str] | None = None,
) -> FunctionScorer:
    """Return the scorer that ``function`` is; see ``scorer``. Raises ``ScorerError``."""
    name = name or _name(function)
    if not NAME.fullmatch(name):
        raise ScorerError(
            f"{name!r} cannot name a scorer.",
            hint="Use letters, digits, '_', '.' and '-': @scorer(name='my_scorer').",
        )
    unknown = sorted(frozenset(needs or ()) - NEEDS)
    if unknown:
        raise ScorerError(
            f"Scorer {name} needs {', '.join(unknown)}, which is not known.",
            hint=f"needs may hold {', '.join(sorted(NEEDS))}.",
        )
    positional, keywords, required = _arguments(function, name)
    inferred = required & {"expected", "context", "trace"}
    return FunctionScorer(
        name=name,
        digest=digest_function(function),
        needs=frozenset(inferred if needs is None else needs),
        function=function,
        positional=positional,
        keywords=keywords,
    )


def _arguments(
    function: Callable[..., Any], name: str
) -> tuple[tuple[str, ...], tuple[str, ...], frozenset[str]]:
    """Return what to pass by position and by keyword, and which of it has no default."""
    positional: list[str] = []
    keywords: list[str] = []
    required: set[str] = set()
    for index, parameter in enumerate(_parameters(function, name)):
        optional = parameter.default is not parameter.empty
        if not (parameter.name in ARGUMENTS or (parameter.name == WHOLE_CONTEXT and index == 0)):
            if optional:
                continue  # its own setting
            close = get_close_matches(parameter.name, ARGUMENTS, n=1)
            meant = f"Did you mean {close[0]!r}? " if close else ""
            raise ScorerError(
                f"Scorer {name} asks for {parameter.name!r}, which no case has.",
                hint=f"{meant}It may ask for {', '.join(ARGUMENTS)}, or first for {WHOLE_CONTEXT}.",
            )
        by_position = parameter.kind is parameter.POSITIONAL_ONLY
        (positional if by_position else keywords).append(parameter.name)
        if not optional:
            required.add(parameter.name)
    return tuple(positional), tuple(keywords), frozenset(required)


def _parameters(function: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise ScorerError(
            f"Scorer {name} has no signature that can be read: {error}.",
            hint="Wrap it: def my_scorer(output): ...",
        ) from error
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p for p in signature.parameters.values() if p.kind not in variadic]


def _argument(context: ScorerContext, name: str) -> Any:
    """Return what is asked for; of a value that can be changed, a copy of the scorer's own."""
    if name == WHOLE_CONTEXT:
        return context
    value = getattr(context, name)
    return deepcopy(value) if isinstance(value, dict | list) else value


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", "") or type(function).__name__)
