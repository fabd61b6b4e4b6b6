"""The shape of the scorers that come with the package: a function and what decides its result."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.source import digest_modules

Judgement = bool | float | Score


@dataclass(frozen=True)
class BuiltIn:
    """A scorer of ours: called in the event loop, so ``judge`` must be quick or async.

    ``sources`` are the modules, and ``extra`` any other text, that decide what it says.
    """

    name: str
    needs: frozenset[str]
    judge: Callable[[ScorerContext], Judgement | Awaitable[Judgement]] = field(repr=False)
    sources: tuple[str, ...] = field(repr=False)
    extra: str = field(default="", repr=False)

    @cached_property
    def digest(self) -> str:
        """Digest of the source that decides."""
        return digest_modules(*self.sources, extra=self.extra)

    async def score(self, context: ScorerContext) -> Score:
        """Return the one score of this scorer."""
        result = self.judge(context)
        judgement = await result if inspect.isawaitable(result) else result
        if isinstance(judgement, Score):
            return judgement
        return Score(scorer=self.name, value=judgement)
