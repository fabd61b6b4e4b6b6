"""The record of a bench: how well each detector tells dangerous texts from harmless ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from llmops_magics.record import Record
from llmops_magics.statistics.proportion import wilson_interval

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A proportion, ``hits`` of ``n``, with Wilson's 95% interval; all None for no cases."""

    hits: int
    n: int
    value: float | None
    low: float | None
    high: float | None


def rate(hits: int, n: int) -> Rate:
    """Return a proportion with its interval."""
    interval = wilson_interval(hits, n)
    return Rate(
        hits=hits,
        n=n,
        value=hits / n if n else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
    )


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """What a threshold gives: texts that score it or more are flagged."""

    threshold: float
    recall: float
    fpr: float
    precision: float | None


@dataclass(frozen=True, kw_only=True)
class GroupResult:
    """One group of texts: what was found of the dangerous, and flagged of the harmless ones."""

    column: str
    name: str
    recall: Rate
    fpr: Rate


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """One detector as it is shipped, and what other thresholds would give.

    Of texts, ``recall`` is over dangerous ones, ``fpr`` over harmless ones, ``precision`` over
    flagged ones. Of spans, recall is over gold spans (at least half covered), precision over
    predicted ones (that overlap a gold one), and ``fpr`` over texts without spans.

    ``curve`` and ``auc`` are there for a detector that scores what it does not flag.
    ``at_target`` is the lowest threshold whose rate of false alarms on these texts is at most the
    target. ``error`` says why a detector could not look.
    """

    detector: str
    version: str = ""
    precision: Rate = field(default_factory=lambda: rate(0, 0))
    recall: Rate = field(default_factory=lambda: rate(0, 0))
    fpr: Rate = field(default_factory=lambda: rate(0, 0))
    f1: float | None = None
    texts_per_cpu_s: float | None = None
    auc: float | None = None
    curve: tuple[CurvePoint, ...] = ()
    at_target: CurvePoint | None = None
    groups: tuple[GroupResult, ...] = ()
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class GuardBench(Record):
    """A bench of detectors on labelled texts."""

    kind: ClassVar[str] = "guard-bench"

    data: str
    data_digest: str
    unit: Literal["text", "span"]
    texts: int
    positives: int
    spans: int
    characters: int
    target_fpr: float
    results: tuple[BenchResult, ...]

    @property
    def errors(self) -> tuple[BenchResult, ...]:
        """The detectors that could not look."""
        return tuple(each for each in self.results if each.error)

    def to_pandas(self) -> pd.DataFrame:
        """Return a row a detector."""
        import pandas as pd

        rows = []
        for each in self.results:
            row: dict[str, object] = {"detector": each.detector, "version": each.version}
            for name in ("precision", "recall", "fpr"):
                found: Rate = getattr(each, name)
                row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
            row |= {"f1": each.f1, "auc": each.auc, "texts_per_cpu_s": each.texts_per_cpu_s}
            rows.append(row | {"error": each.error})
        return pd.DataFrame(rows)
