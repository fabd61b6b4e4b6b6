"""The shape of the scorers that come with the package: a function and what decides its result."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.source import digest_modules
from llmops_magics.evals.scorers.thread import run_in_thread
from llmops_magics.record import canonical_json

Judgement = bool | float | Score | tuple[Score, ...]

LONG_TEXT = 20_000  # characters; more than that is judged beside the event loop


@dataclass(frozen=True)
class BuiltIn:
    """A scorer of ours: ``judge`` is called in the event loop, in a thread where a text is long.

    ``sources`` are the modules, and ``extra`` any other text, that decide what it says. A score
    that ``judge`` leaves without a name gets the scorer's; ``.part`` is a part of it.
    """

    name: str
    needs: frozenset[str]
    judge: Callable[[ScorerContext], Judgement | Awaitable[Judgement]] = field(repr=False)
    sources: tuple[str, ...] = field(repr=False)
    extra: str = field(default="", repr=False)

    @cached_property
    def digest(self) -> str:
        """Digest of the source that decides, and of the parameters."""
        return digest_modules(*self.sources, extra=self.extra)

    async def score(self, context: ScorerContext) -> Score | tuple[Score, ...]:
        """Return the scores of this scorer, most have one."""
        if _is_long(context) and not inspect.iscoroutinefunction(self.judge):
            result = await run_in_thread(self.judge, context)
        else:
            result = self.judge(context)
        judgement = await result if inspect.isawaitable(result) else result
        if isinstance(judgement, tuple):
            return tuple(self._named(score) for score in judgement)
        if isinstance(judgement, Score):
            return self._named(judgement)
        return Score(scorer=self.name, value=judgement)

    def _named(self, score: Score) -> Score:
        if score.scorer and not score.scorer.startswith("."):
            return score
        return replace(score, scorer=f"{self.name}{score.scorer}")


def settle(parameters: Mapping[str, Any]) -> str:
    """Return the text of the parameters that goes into a scorer's digest."""
    return canonical_json(dict(parameters)).decode()


def _is_long(context: ScorerContext) -> bool:
    expected = context.expected if isinstance(context.expected, str) else ""
    return len(context.output) + len(expected) + len(context.context) > LONG_TEXT
