"""The smallest difference that a number of cases can show, told before they are paid for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

from llmops_magics.statistics.power import Spread, smallest_difference

if TYPE_CHECKING:
    from llmops_magics.evals.earlier import Earlier
    from llmops_magics.evals.plan import EvalPlan

ASSUMED_DISCORDANCE = 0.1


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """The smallest true difference seen in 80% of runs; None where so few cases show none.

    ``scorer`` is "" for assertions in general, of which nothing is known yet.
    """

    scorer: str
    difference: float | None
    is_proportion: bool
    source: str


def sensitivities(plan: EvalPlan, earlier: Earlier) -> tuple[Sensitivity, ...]:
    """Return what the plan's cases show of each score that an earlier run has.

    Two runs are taken to be as unrelated as can be, unless repeats tell how many cases flip. A run
    of these scores is not there: as if 10% of cases flipped.
    """
    n, run = len(plan.dataset.cases), earlier.same or earlier.kin
    names = [scorer.name for scorer in plan.scorers]
    known = [s for s in run.scores if _is_asked(s["scorer"], names)] if run else []
    found = [(score, _spread(score)) for score in known]
    shown = tuple(
        Sensitivity(
            scorer=score["scorer"],
            difference=smallest_difference(n, spread),
            is_proportion=spread.is_proportion,
            source=run.run_id if run else "",
        )
        for score, spread in found
        if spread is not None
    )
    return shown or (_assumed(n),)


def _assumed(n: int) -> Sensitivity:
    return Sensitivity(
        scorer="",
        difference=smallest_difference(n, Spread(size=ASSUMED_DISCORDANCE, is_proportion=True)),
        is_proportion=True,
        source=f"if {ASSUMED_DISCORDANCE:.0%} of cases flip",
    )


def _is_asked(score: str, scorers: Sequence[str]) -> bool:
    return any(score == name or score.startswith(f"{name}.") for name in scorers)


def _spread(score: Mapping[str, Any]) -> Spread | None:
    """Return how much a case differs between two runs; None where no case of the run does."""
    mean, error, n = score["mean"], score.get("standard_error"), score["n"]
    if mean is None:
        return None
    if score["is_proportion"]:
        flips = score.get("discordance")
        size = 2 * mean * (1 - mean) if flips is None else flips
    else:
        size = (error or 0.0) * sqrt(2 * n)
    return Spread(size=size, is_proportion=score["is_proportion"]) if size > 0 else None
