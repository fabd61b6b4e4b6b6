"""What a scorer is given, and what it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from llmops_magics.evals.run import Score

if TYPE_CHECKING:
    import numpy as np

    Vectors = np.ndarray[Any, np.dtype[np.floating[Any]]]

Ask = Callable[[str, dict[str, Any], dict[str, Any]], Awaitable[dict[str, Any]]]
"""Asks a judge: (prompt name, variables, JSON schema of the answer) to the answer."""

Embed = Callable[[Sequence[str]], Any]
"""Texts to one unit vector each, an array of shape (texts, dimension)."""

NEEDS = frozenset({"expected", "context", "judge", "embedding"})


@dataclass(frozen=True, kw_only=True)
class ScorerContext:
    """All that a scorer may look at: one answer to one case.

    ``context`` is the retrieved text, "" where there is none. ``ask`` and ``embed`` are None when
    no judge model and no embedder are available.
    """

    output: str
    expected: Any = None
    inputs: dict[str, Any] = field(default_factory=dict)
    context: str = ""
    case_id: str = ""
    latency_ms: float | None = None
    cost_usd: Decimal | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    ask: Ask | None = None
    embed: Embed | None = None


@runtime_checkable
class Scorer(Protocol):
    """Says one or several things of an answer. ``digest`` changes when what it says may change."""

    @property
    def name(self) -> str:
        """The name its scores carry."""

    @property
    def digest(self) -> str:
        """The content address of what decides its scores."""

    @property
    def needs(self) -> frozenset[str]:
        """What it cannot do without: any of "expected", "context", "judge", "embedding"."""

    async def score(self, context: ScorerContext) -> Score | tuple[Score, ...]:
        """Score one answer. What it raises becomes a missing score."""


def missing(scorer: str, reason: str) -> Score:
    """Return the score of a case that should have one and has none."""
    return Score(scorer=scorer, value=None, reason=reason)


def not_applicable(scorer: str, reason: str = "") -> Score:
    """Return the score of a case that the scorer has nothing to say about."""
    return Score(scorer=scorer, value=None, reason=reason, applicable=False)


def is_absent(value: Any) -> bool:
    """Tell whether a case has no such value: None, "", [] or a data frame's NaN."""
    if isinstance(value, float):
        return isnan(value)
    return value is None or (isinstance(value, str | list | tuple) and not value)


def unmet_need(scorer: Scorer, context: ScorerContext) -> Score | None:
    """Return the score of a case that lacks what the scorer needs, None when nothing is lacking.

    What the case lacks makes it not applicable. A judge or an embedder that the run lacks is a
    missing score: the case should have had one.
    """
    if "expected" in scorer.needs and is_absent(context.expected):
        return not_applicable(scorer.name, "the case has no expected answer")
    if "context" in scorer.needs and not context.context.strip():
        return not_applicable(scorer.name, "the case has no context")
    if "judge" in scorer.needs and context.ask is None:
        return missing(scorer.name, "no judge model is configured")
    if "embedding" in scorer.needs and context.embed is None:
        return missing(scorer.name, "no embedding model is available")
    return None
