"""The records of blame, bisect and ablate; every difference is paired by case, with an interval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar

from llmops_magics.record import Record

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Candidate minus baseline on ``n`` common cases.

    ``low`` and ``high`` bound the interval at ``confidence``, which is widened for the number of
    comparisons made together. ``verdict`` is ``better``, ``worse`` or ``within noise`` (the
    interval holds 0), or ``not measured``.
    """

    difference: float | None
    low: float | None
    high: float | None
    confidence: float
    n: int
    method: str
    verdict: str
    is_proportion: bool = False


@dataclass(frozen=True, kw_only=True)
class BlameStep:
    """From one measured version to the next; versions between them were never measured."""

    before: int
    after: int
    mean_before: float | None
    mean_after: float | None
    effect: Effect
    message: str  # of the version after
    author: str
    created_at: str
    unmeasured: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PromptBlame(Record):
    """Which versions moved a metric, from the evals that are stored."""

    kind: ClassVar[str] = "prompt-blame"

    name: str
    metric: str
    dataset: str
    dataset_digest: str
    model: str
    steps: tuple[BlameStep, ...]  # the oldest first
    unmeasured: tuple[int, ...]  # versions with no run on this dataset and model
    other_evals: int  # finished runs on other datasets, models or scorers, left out

    def to_pandas(self) -> pd.DataFrame:
        """One row a step."""
        import pandas as pd

        return pd.DataFrame([asdict(step) | asdict(step.effect) for step in self.steps])


@dataclass(frozen=True, kw_only=True)
class BisectProbe:
    """One version that was measured on the way, and how it was taken."""

    number: int
    mean: float | None
    against_good: Effect
    taken_as: str  # good, bad or unclear
    reused: bool  # from a stored run; no call was made


@dataclass(frozen=True, kw_only=True)
class PromptBisect(Record):
    """The version that broke a metric; ``culprits`` has several where noise hides which."""

    kind: ClassVar[str] = "prompt-bisect"

    name: str
    metric: str
    good: int
    bad: int
    dataset: str
    model: str
    probes: tuple[BisectProbe, ...]  # in the order they were made, good and bad first
    culprits: tuple[int, ...]  # () when good and bad do not differ beyond noise
    conclusion: str  # one sentence
    evals_run: int
    evals_reused: int


@dataclass(frozen=True, kw_only=True)
class AblatedHunk:
    """One part of a change, applied alone to the base."""

    field: str  # e.g. "system", "settings.temperature"
    before: str
    after: str
    mean: float | None
    effect: Effect
    reused: bool


@dataclass(frozen=True, kw_only=True)
class PromptAblation(Record):
    """A change split into its parts, each evaluated alone on the base."""

    kind: ClassVar[str] = "prompt-ablation"

    base: str
    ref: str
    metric: str
    dataset: str
    model: str
    base_mean: float | None
    whole_mean: float | None
    whole: Effect
    hunks: tuple[AblatedHunk, ...]  # the largest effect first
    interaction: float | None  # whole minus the sum of the parts
    evals_run: int
    evals_reused: int
    skipped: tuple[str, ...] = ()  # parts that cannot stand alone, with the reason
