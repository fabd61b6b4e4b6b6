"""What differs between two sealed gate runs, in the terms of the field and not of files."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from llmops_magics.evals.run import Comparison
from llmops_magics.prompts.version import PromptDiff
from llmops_magics.record import Record
from llmops_magics.release.dossier.record import ListedDossier


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """A score of one run with its 95% interval; ``n`` counts its cases."""

    mean: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, kw_only=True)
class ScorePair:
    """One score in both runs; None where a run lacks it."""

    scorer: str
    before: Estimated | None
    after: Estimated | None
    is_proportion: bool


@dataclass(frozen=True, kw_only=True)
class RulePair:
    """One rule of the gates with its verdicts and what was observed; empty where it is not."""

    rule: str
    before: str
    after: str
    observed_before: float | None
    observed_after: float | None


@dataclass(frozen=True, kw_only=True)
class FlippedCase:
    """A case whose score of this name got better or worse; the answers are cut."""

    case_id: str
    scorer: str
    is_better: bool
    answer_before: str
    answer_after: str


@dataclass(frozen=True, kw_only=True)
class RunCost:
    """What the answers of a run cost and how long they took."""

    cost_usd: Decimal
    unpriced_samples: int
    samples: int | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that decided and is not the same; empty where a dossier does not have it."""

    what: str  # dataset, index, judge NAME, package numpy, …
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class DossierDiff(Record):
    """What changed from one gate run to another.

    ``comparison`` pairs the cases that both runs hold unchanged, after minus before; None where
    there are none, and ``notes`` says why. ``flipped`` are the cases behind it, the worse first;
    ``flips`` counts them all.
    """

    kind: ClassVar[str] = "dossier-diff"

    before: ListedDossier
    after: ListedDossier
    prompt: PromptDiff | None
    scores: tuple[ScorePair, ...]
    rules: tuple[RulePair, ...]
    comparison: Comparison | None
    flipped: tuple[FlippedCase, ...]
    flips: int
    cost_before: RunCost | None
    cost_after: RunCost | None
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()

    def to_markdown(self) -> str:
        """Return it as a comment for a pull request."""
        from llmops_magics.release.dossier.comment import to_comment

        return to_comment(self)
