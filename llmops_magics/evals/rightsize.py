"""The record of right-sizing: models by what they cost, and the smallest that is good enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.record import Record

if TYPE_CHECKING:
    import pandas as pd

NON_INFERIOR, INFERIOR, OPEN = "non-inferior", "inferior", "inconclusive"
REFERENCE = "reference"


@dataclass(frozen=True, kw_only=True)
class SizeScore:
    """One score of one model, and its difference from the reference (None in the reference's own).

    ``low`` and ``high`` bound the mean at 95%, ``difference_low`` and ``difference_high`` the
    difference at the report's ``confidence``. ``more_cases`` is about how many further cases would
    rule the margin out if what was seen goes on; None where no number is known to.
    """

    scorer: str
    is_proportion: bool
    mean: float | None
    low: float | None
    high: float | None
    n: int
    missing: int
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    verdict: str = REFERENCE
    more_cases: int | None = None


@dataclass(frozen=True, kw_only=True)
class SizedModel:
    """One model: what it costs a case, in US dollars with a 95% interval, and what it is worth."""

    model: str
    run_id: str
    cases: int
    errors: int
    scores: tuple[SizeScore, ...]
    cost_per_case_usd: Decimal | None
    cost_low_usd: float | None
    cost_high_usd: float | None
    unpriced_samples: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    verdict: str

    @property
    def more_cases(self) -> int | None:
        """How many more cases its open scores take; None where no number is known to do."""
        wanted = [s.more_cases for s in self.scores if s.verdict == OPEN]
        return (
            max((n for n in wanted if n is not None), default=None) if None not in wanted else None
        )


@dataclass(frozen=True, kw_only=True)
class RightSize(Record):
    """Models by cost, the cheapest first, and the smallest that is good enough.

    ``verdict`` is PASS where a cheaper model is not inferior, KEEP where every cheaper one is
    inferior, else INCONCLUSIVE. ``chosen`` is then that model, the reference, or "".
    """

    kind: ClassVar[str] = "rightsize"

    prompt: str
    dataset: str
    dataset_digest: str
    margin: float
    confidence: float
    scorers: tuple[str, ...]
    reference: str
    models: tuple[SizedModel, ...]
    verdict: str
    chosen: str
    reason: str
    wanted_route: str = ""  # the router that was asked for
    route: str = ""  # the one that was written
    spent_usd: Decimal = field(default=Decimal(0))

    def of(self, model: str) -> SizedModel:
        """Return one model; raises ``KeyError`` for one that was not compared."""
        found = {each.model: each for each in self.models}
        return found[model]

    def to_pandas(self) -> pd.DataFrame:
        """One row a model: cost, latency, and each score with its difference and verdict."""
        import pandas as pd

        return pd.DataFrame([_flat(each) for each in self.models])


def _flat(model: SizedModel) -> dict[str, Any]:
    found: dict[str, Any] = {
        "model": model.model,
        "run_id": model.run_id,
        "cost_per_case_usd": model.cost_per_case_usd,
        "cost_low_usd": model.cost_low_usd,
        "cost_high_usd": model.cost_high_usd,
        "latency_p50_ms": model.latency_p50_ms,
        "errors": model.errors,
        "verdict": model.verdict,
    }
    for score in model.scores:
        found[score.scorer] = score.mean
        found[f"{score.scorer}.low"], found[f"{score.scorer}.high"] = score.low, score.high
        found[f"{score.scorer}.difference"] = score.difference
        found[f"{score.scorer}.difference_low"] = score.difference_low
        found[f"{score.scorer}.difference_high"] = score.difference_high
        found[f"{score.scorer}.verdict"] = score.verdict
    return found
