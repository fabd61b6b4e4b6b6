"""What a run observed for one rule: a number with its 95% interval, and what is missing.

Every rule that estimates something sees the run through this one record, so that missing
observations are counted in the same way whatever the rule is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_magics.errors import UsageError
from llmops_magics.evals.run import EvalRun, Sample
from llmops_magics.release.rule import MEASURES, Rule

if TYPE_CHECKING:
    from llmops_magics.statistics.interval import Interval

Bounds = tuple[float, float] | None
UNIT: Bounds = (0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number and its interval over ``n`` values; the ends None where they cannot be stated."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, kw_only=True)
class Observation:
    """An estimate, how many samples should have counted and did not, and the best they could do.

    ``at_best`` is the estimate with each missing value as favourable to the rule as it can be,
    None where nothing is missing or no such value is known.
    """

    estimate: Estimate
    missing: int
    at_best: Estimate | None
    unit: str  # what n counts: cases or calls


def observe(rule: Rule, run: EvalRun) -> Observation:
    """Collect what the run says about a rule on a mean or a quantile."""
    samples = samples_of(rule, run)
    by_case = _values(rule, samples)
    missing = sum(value is None for values in by_case.values() for value in values)
    bounds = _bounds(rule, run)
    best = _most_favourable(rule, bounds)
    return Observation(
        estimate=_from_summary(rule, run) or _estimate(rule, by_case.values(), None, bounds),
        missing=missing,
        at_best=_estimate(rule, by_case.values(), best, bounds)
        if missing and best is not None
        else None,
        unit="cases" if rule.quantile is None else "calls",
    )


def samples_of(rule: Rule, run: EvalRun) -> list[Sample]:
    """Return the samples a rule is about: all, or those with its tag."""
    return [sample for sample in run.samples if not rule.tag or rule.tag in sample.tags]


def _values(rule: Rule, samples: Iterable[Sample]) -> dict[str, list[float | None]]:
    """Return the values by case, None for a missing one; cases the rule says nothing of are out."""
    by_case: dict[str, list[float | None]] = {}
    for sample in samples:
        if rule.subject in MEASURES:
            value = None if sample.error else getattr(sample, rule.subject)
        elif _is_not_applicable(sample, rule.subject):
            continue
        else:
            value = None if sample.error else sample.value(rule.subject)
        if isinstance(value, str):
            raise UsageError(
                f"The rule {rule.text!r} needs numbers, and {rule.subject!r} gives labels.",
                hint="Gate on a scorer that gives true or false, or a number.",
            )
        by_case.setdefault(sample.case_id, []).append(None if value is None else float(value))
    return by_case


def _is_not_applicable(sample: Sample, scorer: str) -> bool:
    return any(score.scorer == scorer and not score.applicable for score in sample.scores)


def _bounds(rule: Rule, run: EvalRun) -> Bounds:
    """Return the smallest and largest possible value, where they are known."""
    for summary in run.summary.scores:
        if summary.scorer == rule.subject and rule.subject not in MEASURES:
            ends = (summary.low, summary.high)
            inside = all(end is not None and 0 <= end <= 1 for end in ends)
            return UNIT if summary.is_proportion or inside else None
    return None


def _most_favourable(rule: Rule, bounds: Bounds) -> float | None:
    if rule.subject in MEASURES:
        return None if rule.wants_more else 0.0  # neither time nor money is negative
    if bounds is None:
        return None
    return bounds[1] if rule.wants_more else bounds[0]


def _from_summary(rule: Rule, run: EvalRun) -> Estimate | None:
    """Return the run's own estimate of a scorer's mean over all cases: what the table shows."""
    if rule.tag or rule.statistic != "mean":
        return None
    for summary in run.summary.scores:
        if summary.scorer == rule.subject:
            return Estimate(value=summary.mean, low=summary.low, high=summary.high, n=summary.n)
    return None


def _estimate(
    rule: Rule, cases: Iterable[Sequence[float | None]], filler: float | None, bounds: Bounds
) -> Estimate:
    """Estimate from the values by case; a missing value is left out, or is ``filler``."""
    filled = [[filler if v is None else v for v in values] for values in cases]
    known = [[v for v in values if v is not None] for values in filled]
    if rule.quantile is not None:
        return _estimate_quantile([v for values in known for v in values], rule.quantile)
    return _estimate_mean([sum(v) / len(v) for v in known if v], bounds)


def _estimate_quantile(values: list[float], q: float) -> Estimate:
    from llmops_magics.statistics.quantile import quantile, quantile_interval

    interval = quantile_interval(values, q)
    return _with_interval(quantile(values, q), interval, len(values))


def _estimate_mean(means: list[float], bounds: Bounds) -> Estimate:
    """Estimate a mean over cases; equal values of a measure are taken to be its one value."""
    from llmops_magics.statistics.mean import mean_interval
    from llmops_magics.statistics.proportion import wilson_interval

    if not means:
        return Estimate(value=None, low=None, high=None, n=0)
    n, mean = len(means), sum(means) / len(means)
    if bounds == UNIT and all(value in (0.0, 1.0) for value in means):
        interval = wilson_interval(round(sum(means)), n)
    else:
        interval = mean_interval(means, bounds)
    if interval is None and n > 1:
        return Estimate(value=mean, low=mean, high=mean, n=n)
    return _with_interval(mean, interval, n)


def _with_interval(value: float | None, interval: Interval | None, n: int) -> Estimate:
    return Estimate(
        value=value,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        n=n,
    )
