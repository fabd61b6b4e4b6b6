"""The record of a calibration: how far a judge agrees with people, and whether that is enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.record import Record

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A number over ``n`` cases with its 95% interval by ``method``; None where it has none."""

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str = ""
    n: int = 0


@dataclass(frozen=True, kw_only=True)
class ConfusionCell:
    """How many cases people called ``human`` and the judge ``judged``."""

    human: str
    judged: str
    n: int


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far verdicts are those of people.

    ``balanced_accuracy`` is the mean of the shares of each class that are found, so that a judge
    which always says the same has one over the number of classes; ``kappa`` is Cohen's, 0 for
    what chance alone gives with these shares of verdicts, 1 for agreement in every case.
    """

    accuracy: Measure
    balanced_accuracy: Measure
    kappa: Measure


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """What is reached without judging: a judge that is no better is worth nothing."""

    name: str
    how: str
    agreement: Agreement


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """Whether a judge, asked again, says the same.

    ``flipped`` is the share of cases whose repeats disagree, ``agreement`` the chance that two of
    its verdicts on one case are equal.
    """

    repeats: int
    flipped: Measure
    agreement: float | None


@dataclass(frozen=True, kw_only=True)
class PositionBias:
    """Of a pairwise judge: the share of cases where the order of the answers decides.

    ``for_first`` and ``for_second`` count those where it went by the first, by the second place;
    the rest are cases where one order had a winner and the other a tie.
    """

    decided: Measure
    for_first: int
    for_second: int


@dataclass(frozen=True, kw_only=True)
class LengthBias:
    """Whether verdicts go with the length of the answer, among answers that people judge alike.

    ``concordance`` is the chance that of two such answers with different verdicts the longer one
    has the better verdict (by characters, of ``pairs`` pairs): 0.5 is no bias. ``of`` says what
    is compared.
    """

    concordance: Measure
    pairs: int
    of: str


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """A case in which the judge and people differ, with the judge's reason."""

    case_id: str
    human: str
    judged: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """What a judge has to show before a gate may rely on it.

    ``min_labels`` judged labels, ``min_per_class`` of each class: below, no interval is narrow
    enough to say anything. ``min_kappa`` is held against the lower end of kappa's interval: at
    0.4, with as many good as bad cases, a judge errs in at most 3 of 10. The lower end of balanced
    accuracy must lie above chance and above every ``Predictor``. At most ``max_missing`` of the
    labels may be left unjudged.
    """

    min_labels: int = 50
    min_per_class: int = 10
    min_kappa: float = 0.4
    max_missing: float = 0.05

    def is_weaker_than(self, other: Requirements) -> bool:
        """Tell whether any of these asks for less."""
        return (
            self.min_labels < other.min_labels
            or self.min_per_class < other.min_per_class
            or self.min_kappa < other.min_kappa
            or self.max_missing > other.max_missing
        )


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether a judge may gate; ``reasons`` say what it lacks, none where it is granted."""

    granted: bool
    reasons: tuple[str, ...]
    requirements: Requirements


@dataclass(frozen=True, kw_only=True)
class Calibration(Record):
    """A judge held against human labels: its licence, granted or refused, with the evidence.

    ``identity`` is who judged (``calibration.identity``): the licence is for this alone.
    ``classes`` are the verdicts that labels and scores were reduced to. ``labels`` counts the
    labelled cases, ``judged`` those with a verdict too, ``missing`` those that should have one,
    ``not_applicable`` the rest; ``unlabelled`` cases were left out. Agreement is that of the first
    verdict on each case: repeats are never counted as cases.
    """

    kind: ClassVar[str] = "calibration"

    judge: str
    identity: dict[str, str]
    resolved_models: tuple[str, ...]  # what the endpoint said it was
    dataset: str  # name@number
    dataset_digest: str
    label: str  # where the labels stand
    threshold: float | None
    classes: tuple[str, ...]
    labels: int
    judged: int
    missing: int
    not_applicable: int
    unlabelled: int
    agreement: Agreement
    confusion: tuple[ConfusionCell, ...]
    predictors: tuple[Predictor, ...]
    consistency: Consistency | None
    position: PositionBias | None
    length: LengthBias | None
    disagreements: tuple[Disagreement, ...]
    missing_reasons: dict[str, int]
    decision: Decision
    issued_at: str
    actor: str = ""
    licence: int = field(default=0)  # its number in the store

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a measure: the judge's and each predictor's, with their intervals."""
        import pandas as pd

        rows = [("judge", self.agreement), *((p.name, p.agreement) for p in self.predictors)]
        return pd.DataFrame(
            [_row(who, name, getattr(a, name)) for who, a in rows for name in _MEASURES]
        )


_MEASURES = ("accuracy", "balanced_accuracy", "kappa")


def _row(who: str, name: str, measure: Measure) -> dict[str, Any]:
    return {
        "of": who,
        "measure": name,
        "value": measure.value,
        "low": measure.low,
        "high": measure.high,
        "method": measure.method,
        "n": measure.n,
    }
