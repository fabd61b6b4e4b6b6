"""What a run observed for one rule: a number with its 95% interval, and what is missing.

Every rule that estimates something sees the run through this one record, so that missing
observations are counted in the same way whatever the rule is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_magics.errors import UsageError
from llmops_magics.evals.run import EvalRun, Sample
from llmops_magics.release.gate.rule import MEASURES, NON_INFERIOR, Rule

if TYPE_CHECKING:
    from llmops_magics.statistics.interval import Interval

Bounds = tuple[float, float] | None
UNIT: Bounds = (0.0, 1.0)
TENFOLD = 10.0


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number and its interval over ``n`` values; the ends None where they cannot be stated.

    ``groups`` is how many groups the cases fall into, None where each stands for itself.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str = ""
    groups: int | None = None


@dataclass(frozen=True, kw_only=True)
class Observation:
    """An estimate, how many samples should have counted and did not, and the best they could do.

    ``at_best`` is the estimate with each missing value as favourable to the rule as it can be,
    None where nothing is missing or no such value is known. ``unpaired`` counts the cases that a
    comparison leaves out.
    """

    estimate: Estimate
    missing: int
    at_best: Estimate | None
    unit: str  # what n counts: cases, calls or pairs of cases
    unpaired: int = 0


def observe(rule: Rule, run: EvalRun) -> Observation:
    """Collect what the run says about a rule on a mean or a quantile."""
    samples = samples_of(rule, run)
    by_case = _values(rule, samples)
    missing = sum(value is None for values in by_case.values() for value in values)
    bounds = _bounds(rule, run)
    best = _most_favourable(rule, bounds)
    groups = {sample.case_id: sample.group for sample in samples}
    cases = _Cases(values=tuple(by_case.values()), groups=tuple(groups[case] for case in by_case))
    at_best = missing and best is not None
    return Observation(
        estimate=_from_summary(rule, run) or _estimate(rule, cases, None, bounds),
        missing=missing,
        at_best=_estimate(rule, cases, best, bounds) if at_best else None,
        unit=_unit(rule, by_case.values()),
    )


@dataclass(frozen=True, kw_only=True)
class _Cases:
    """What was observed: the repeats of each case, None for a missing one, and its group."""

    values: tuple[Sequence[float | None], ...]
    groups: tuple[str, ...]


def _unit(rule: Rule, cases: Iterable[Sequence[float | None]]) -> str:
    """Say what n counts: calls are as many as cases unless there are repeats."""
    repeated = any(len(values) > 1 for values in cases)
    return "calls" if rule.quantile is not None and not repeated else "cases"


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
            found = Estimate(
                value=summary.mean,
                low=summary.low,
                high=summary.high,
                n=summary.n,
                method=summary.method,
                groups=summary.groups,
            )
            return _held(rule, found)
    return None


def _estimate(rule: Rule, cases: _Cases, filler: float | None, bounds: Bounds) -> Estimate:
    """Estimate from the values by case; a missing value is left out, or is ``filler``."""
    filled = [[filler if v is None else v for v in values] for values in cases.values]
    known = [
        ([v for v in values if v is not None], group)
        for values, group in zip(filled, cases.groups, strict=True)
    ]
    known = [(values, group) for values, group in known if values]
    groups = [group for _, group in known]
    if rule.quantile is not None:
        return _estimate_quantile([values for values, _ in known], groups, rule.quantile)
    means = [sum(values) / len(values) for values, _ in known]
    return _held(rule, _estimate_mean(rule, means, groups, bounds))


def _estimate_quantile(
    cases: Sequence[Sequence[float]], groups: Sequence[str], q: float
) -> Estimate:
    """Estimate a quantile over calls; repeats, and cases of a group, count once in the interval."""
    from llmops_magics.statistics.estimate import cluster_keys
    from llmops_magics.statistics.quantile import quantile, quantile_interval

    values = [value for case in cases for value in case]
    clusters = cluster_keys(groups, len(cases))
    independent = len(cases) if clusters is None else len(set(clusters))
    interval = quantile_interval(values, q, independent=independent) if values else None
    return _with_interval(
        quantile(values, q), interval, len(cases), None if clusters is None else independent
    )


def _estimate_mean(
    rule: Rule, means: list[float], groups: Sequence[str], bounds: Bounds
) -> Estimate:
    """Estimate a mean over cases.

    Time and money are taken to be at most ``TENFOLD`` the largest seen: where all cases cost the
    same, that bounds what the share of cases that nobody has seen yet may add (the rule of three).
    """
    from llmops_magics.statistics.estimate import estimate_mean

    if rule.subject in MEASURES and means:
        bounds = (min(0.0, *means), TENFOLD * max(0.0, *means))
    found = estimate_mean(
        means,
        groups,
        bounds=bounds,
        is_proportion=bounds == UNIT and all(value in (0.0, 1.0) for value in means),
    )
    return _with_interval(found.mean, found.interval, found.n, found.groups)


def _held(rule: Rule, estimate: Estimate) -> Estimate:
    """Hold Wilson's interval to the exact binomial test at the rule's bound."""
    from llmops_magics.statistics.interval import Interval
    from llmops_magics.statistics.proportion import held_to_bound

    if estimate.method != "Wilson" or rule.comparison == NON_INFERIOR:
        return estimate
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    interval = Interval(estimate.low, estimate.high, estimate.method)
    held = held_to_bound(interval, round(estimate.value * estimate.n), estimate.n, rule.bound)
    return replace(estimate, low=held.low, high=held.high, method=held.method)


def _with_interval(
    value: float | None, interval: Interval | None, n: int, groups: int | None
) -> Estimate:
    return Estimate(
        value=value,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        n=n,
        method=interval.method if interval else "",
        groups=groups,
    )
