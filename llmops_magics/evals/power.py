"""How many cases an eval takes: from what is assumed of two runs, or measured on stored ones.

Before the first request is the time to know which difference a number of cases can show at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from statistics import stdev
from typing import TYPE_CHECKING, ClassVar

from llmops_magics.errors import UsageError
from llmops_magics.evals.case_score import by_case, case_score
from llmops_magics.evals.comparison import chance_flips
from llmops_magics.evals.run import EvalRun, ScoreSummary
from llmops_magics.record import Record
from llmops_magics.statistics.power import (
    ERROR,
    POWER,
    Spread,
    cases_to_rule_out,
    cases_to_see,
    smallest_difference,
    smallest_margin,
)

if TYPE_CHECKING:
    import pandas as pd

SIZES = (20, 50, 100, 200, 500, 1_000)
DIFFERENCES = (0.01, 0.02, 0.03, 0.05, 0.10)  # of assertions; of scores, of their spread
SCALED = (0.05, 0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True, kw_only=True)
class CasesNeeded:
    """How many cases see a true difference, and how many rule out a fall as large.

    ``to_see`` is None for a difference larger than the discordance. ``to_rule_out`` is what
    ``non_inferior`` takes to pass when nothing changed.
    """

    difference: float
    to_see: int | None
    to_rule_out: int


@dataclass(frozen=True, kw_only=True)
class Detectable:
    """The smallest difference and margin of so many cases, None where they show none."""

    cases: int
    difference: float | None
    margin: float | None


@dataclass(frozen=True, kw_only=True)
class ScorePower:
    """One score: ``spread`` is the discordance of assertions, else the deviation of differences.

    ``source`` says where it comes from.
    """

    scorer: str
    is_proportion: bool
    spread: float
    source: str
    needed: tuple[CasesNeeded, ...]
    detectable: tuple[Detectable, ...]


@dataclass(frozen=True, kw_only=True)
class PowerReport(Record):
    """Cases and differences, at one power and a two-sided error (one-sided half of it)."""

    kind: ClassVar[str] = "power"

    power: float
    error: float
    scores: tuple[ScorePower, ...]
    unknown: tuple[str, ...] = ()  # scores whose spread cannot be told, with the reason

    def to_pandas(self) -> pd.DataFrame:
        """One row a score and difference."""
        import pandas as pd

        return pd.DataFrame(
            [{"scorer": s.scorer, **asdict(row)} for s in self.scores for row in s.needed]
        )


@dataclass(frozen=True, kw_only=True)
class PowerPlan:
    """What is asked: differences and numbers of cases, () for the usual ones."""

    differences: tuple[float, ...] = ()
    cases: tuple[int, ...] = ()
    power: float = POWER
    error: float = ERROR

    def __post_init__(self) -> None:
        if not 0 < self.error < 1 or not self.error < self.power < 1:
            raise UsageError(
                f"A power of {self.power} with an error of {self.error} cannot be.",
                hint="Both lie between 0 and 1, and the power is the larger: 0.8 and 0.05.",
            )
        if any(difference <= 0 for difference in self.differences):
            raise UsageError("A difference to look for is more than 0.")
        if any(number < 1 for number in self.cases):
            raise UsageError("A number of cases is 1 or more.")


def assumed_power(
    plan: PowerPlan, *, discordance: float | None = None, sd: float | None = None
) -> PowerReport:
    """Report on assertions of a discordance, or scores whose differences have a deviation.

    Raises ``UsageError`` unless exactly one of both is given, and for one that cannot be.
    """
    if (discordance is None) == (sd is None):
        raise UsageError(
            "Give the discordance of assertions or the standard deviation of scores.",
            hint="--discordance 0.1, --sd 0.2, or --run RUN to take it from a run.",
        )
    size = discordance if discordance is not None else sd
    is_proportion = discordance is not None
    name = "assertions" if is_proportion else "scores"
    found = _power(plan, name, _spread(size or 0.0, is_proportion=is_proportion), "as given")
    return PowerReport(power=plan.power, error=plan.error, scores=(found,))


def power_of_run(
    run: EvalRun, plan: PowerPlan, *, against: EvalRun | None = None, scorer: str = ""
) -> PowerReport:
    """Report on each score of a run, with the spread that it shows.

    ``against`` another run: that of their common cases. Else that of the run's repeats, which is
    what chance alone does; else as if two runs were independent, which is the most it can be for
    runs that are no worse than unrelated. Raises ``UsageError`` for a scorer the run has not.
    """
    summaries = [s for s in run.summary.scores if scorer in ("", s.scorer)]
    if not summaries:
        names = ", ".join(s.scorer for s in run.summary.scores)
        raise UsageError(f"{scorer!r} did not score {run.run_id}.", hint=f"It has {names}.")
    scores, unknown = [], []
    for summary in summaries:
        spread, source = _measured(run, against, summary)
        if spread is None:
            unknown.append(f"{summary.scorer}: {source}")
        else:
            scores.append(_power(plan, summary.scorer, spread, source))
    return PowerReport(
        power=plan.power, error=plan.error, scores=tuple(scores), unknown=tuple(unknown)
    )


def _measured(
    run: EvalRun, against: EvalRun | None, summary: ScoreSummary
) -> tuple[Spread | None, str]:
    if summary.mean is None:
        return None, "it has labels, or no value"
    if against is not None:
        flips = chance_flips(run, against).of(summary.scorer)
        if flips is None or not flips.n:
            return None, f"no common case has a value in {against.run_id}"
        size = flips.rate if flips.is_proportion else flips.spread
        source = f"{flips.n} common cases of {run.run_id} and {against.run_id}"
        return _positive(size, source, is_proportion=flips.is_proportion)
    if summary.k is not None:
        source = f"repeats of {summary.n} cases of {run.run_id}: what chance alone does"
        return _positive(summary.discordance, source, is_proportion=True)
    return _independent(run, summary)


def _independent(run: EvalRun, summary: ScoreSummary) -> tuple[Spread | None, str]:
    source = f"{summary.n} cases of {run.run_id}, as if two runs were unrelated"
    if summary.is_proportion and summary.mean is not None:
        size = 2 * summary.mean * (1 - summary.mean)
        return _positive(size, source, is_proportion=True)
    scores = (case_score(own, summary.scorer).value for own in by_case(run.samples).values())
    values = [float(value) for value in scores if value is not None]
    deviation = stdev(values) * sqrt(2) if len(values) > 1 else None
    return _positive(deviation, source, is_proportion=False)


def _positive(size: float | None, source: str, *, is_proportion: bool) -> tuple[Spread | None, str]:
    """Return the spread, None where no case differs: that so few cases show none is no spread."""
    if not size:
        return None, f"no case differs ({source})"
    return _spread(size, is_proportion=is_proportion), source


def _spread(size: float, *, is_proportion: bool) -> Spread:
    try:
        return Spread(size=size, is_proportion=is_proportion)
    except ValueError as error:
        raise UsageError(str(error).capitalize()) from None


def _power(plan: PowerPlan, scorer: str, spread: Spread, source: str) -> ScorePower:
    usual = DIFFERENCES if spread.is_proportion else tuple(s * spread.size for s in SCALED)
    return ScorePower(
        scorer=scorer,
        is_proportion=spread.is_proportion,
        spread=spread.size,
        source=source,
        needed=tuple(_needed(plan, spread, plan.differences or usual)),
        detectable=tuple(_detectable(plan, spread, plan.cases or SIZES)),
    )


def _needed(plan: PowerPlan, spread: Spread, differences: Sequence[float]) -> list[CasesNeeded]:
    return [
        CasesNeeded(
            difference=difference,
            to_see=cases_to_see(difference, spread, power=plan.power, error=plan.error),
            to_rule_out=cases_to_rule_out(
                difference, spread, power=plan.power, error=plan.error / 2
            ),
        )
        for difference in differences
    ]


def _detectable(plan: PowerPlan, spread: Spread, sizes: Sequence[int]) -> list[Detectable]:
    return [
        Detectable(
            cases=n,
            difference=smallest_difference(n, spread, power=plan.power, error=plan.error),
            margin=smallest_margin(n, spread, power=plan.power, error=plan.error / 2),
        )
        for n in sizes
    ]
