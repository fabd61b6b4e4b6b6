"""What a scorer is given, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from llmops_magics.datasets.case import Case
from llmops_magics.evals.run import Score
from llmops_magics.tracing.trace import Trace

if TYPE_CHECKING:
    import numpy as np

    Vectors = np.ndarray[Any, np.dtype[np.floating[Any]]]


class Ask(Protocol):
    """Asks a judge a question, which ``repeat`` tells from equal ones."""

    async def __call__(
        self, name: str, variables: dict[str, Any], schema: dict[str, Any], *, repeat: int = 0
    ) -> dict[str, Any]:
        """Render the prompt ``name`` and return the answer, an object as ``schema`` wants it."""


Embed = Callable[[Sequence[str]], Any]
"""Texts to one unit vector each, an array of shape (texts, dimension)."""

NEEDS = frozenset({"expected", "context", "baseline", "trace", "judge", "embedding"})


@dataclass(frozen=True, kw_only=True)
class ScorerContext:
    """All that a scorer may look at: one answer to one case.

    ``context`` is the retrieved text, "" where there is none. ``ask`` and ``embed`` are None when
    no judge model and no embedder are available, ``trace`` where the run keeps none of the case;
    ``tool_calls`` are those that the answer asks for, in OpenAI's form. ``tags`` and ``metadata``
    are the case's; ``repeat`` counts its answers from 0. ``baseline_output`` is what the baseline
    answered, None where the run has none.
    """

    output: str
    expected: Any = None
    inputs: dict[str, Any] = field(default_factory=dict)
    context: str = ""
    case_id: str = ""
    latency_ms: float | None = None
    cost_usd: Decimal | None = None
    output_tokens: int | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    tool_calls: tuple[dict[str, Any], ...] = ()
    tags: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    repeat: int = 0
    baseline_output: str | None = None
    baseline_error: str = ""
    case: Case | None = None
    trace_id: str = ""
    trace: Trace | None = None
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
        """What it cannot do without: any of ``NEEDS``."""

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
    if "baseline" in scorer.needs and context.baseline_error:
        return missing(scorer.name, f"the baseline gave no answer: {context.baseline_error}")
    if "baseline" in scorer.needs and context.baseline_output is None:
        return not_applicable(scorer.name, "the run has no baseline")
    if "trace" in scorer.needs and context.trace is None:
        return not_applicable(scorer.name, "the run keeps no trace of the case")
    if "judge" in scorer.needs and context.ask is None:
        return missing(scorer.name, "no judge model is configured")
    if "embedding" in scorer.needs and context.embed is None:
        return missing(scorer.name, "no embedding model is available")
    return None
