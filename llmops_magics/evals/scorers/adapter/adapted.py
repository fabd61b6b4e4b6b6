"""What all adapted metrics share: a name, a digest, and how a case looks from outside."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from llmops_magics.errors import ScorerError
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.contract import ScorerContext, is_absent
from llmops_magics.evals.scorers.function import as_scorer
from llmops_magics.evals.scorers.source import PLAIN, digest_function
from llmops_magics.evals.scorers.text import accepted_answers
from llmops_magics.record import digest

QUESTION_COLUMNS = ("input", "question", "query", "q", "prompt", "user_input")


@dataclass(frozen=True, kw_only=True)
class AdaptedScorer:
    """A scorer around a metric of another package."""

    name: str
    digest: str
    needs: frozenset[str]
    measure: Callable[[ScorerContext], Awaitable[tuple[Score, ...]]] = field(repr=False)

    async def score(self, context: ScorerContext) -> tuple[Score, ...]:
        """Return the metric's score, and what else it says."""
        return await self.measure(context)


def name_of(package: str, given: str, own: object) -> str:
    """Return the name that was given, else the package's and the metric's own: deepeval_bias."""
    slug = re.sub(r"\W+", "_", str(own)).strip("_").lower()
    return as_scorer(lambda output: output, name=given or f"{package}_{slug}").name


def digest_metric(package: str, metric: Any, state: tuple[str, ...] = ()) -> str:
    """Digest of the package's version, the class and its plain settings, but not of ``state``."""
    try:
        release = version(package)
    except PackageNotFoundError:
        release = ""
    settings = {
        key: repr(value)
        for key, value in getattr(metric, "__dict__", {}).items()
        if key not in state and isinstance(value, (*PLAIN, list, tuple, dict))
    }
    return digest([package, release, digest_function(type(metric)), settings])


def question_of(context: ScorerContext) -> str:
    """Return what the model was asked: the input of a usual name, else all of them as JSON."""
    for column in QUESTION_COLUMNS:
        if isinstance(context.inputs.get(column), str):
            return str(context.inputs[column])
    others = {name: value for name, value in context.inputs.items() if name != "context"}
    if len(others) == 1 and isinstance(only := next(iter(others.values())), str):
        return only
    return json.dumps(others, ensure_ascii=False, default=str)


def reference_of(context: ScorerContext) -> str | None:
    """Return the first expected text, JSON where it is an object, None where there is none."""
    if is_absent(context.expected):
        return None
    if isinstance(context.expected, dict):
        return json.dumps(context.expected, ensure_ascii=False, default=str)
    return next(iter(accepted_answers(context.expected)), None)


def passages_of(context: ScorerContext) -> list[str] | None:
    """Return the context as one passage, None where there is none."""
    return [context.context] if context.context.strip() else None


def unsupported(package: str, metric: object, why: str) -> ScorerError:
    """Return the error for a metric that cannot be a scorer."""
    return ScorerError(
        f"The {package} metric {type(metric).__name__} cannot score one answer: {why}.",
        hint="Wrap it in a function: @scorer def mine(output, expected): ...",
    )
