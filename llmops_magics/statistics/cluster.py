"""Means of cases that come in groups: turns of one conversation, questions on one document.

Cases of a group are alike, so they say less than as many cases of different groups; taken for
independent, their interval is too narrow. Here the group is the unit of variation.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import inf, sqrt

from llmops_magics.statistics.interval import CONFIDENCE, Interval, finite_floats, normal_quantile
from llmops_magics.statistics.mean import rule_of_three
from llmops_magics.statistics.proportion import wilson_limits
from llmops_magics.statistics.student import student_quantile

CR2 = "cluster-robust CR2"
CLUSTERED_WILSON = "Wilson, cluster-robust"


@dataclass(frozen=True, kw_only=True)
class ClusteredMean:
    """A mean, the variance of it, and the degrees of freedom of that variance."""

    mean: float
    variance: float
    freedom: float
    groups: int


def clustered_mean(values: Sequence[float], groups: Sequence[Hashable]) -> ClusteredMean | None:
    """Return the mean over all values, with its CR2 variance; None with fewer than two groups.

    With residual sums S of groups of size m among n values::

        variance = Σ S² / (1 - m/n) / n²

    which is the bias-reduced sandwich estimator for a regression on a constant alone, and for
    groups of one the usual s²/n. The degrees of freedom are Satterthwaite's; for G groups of one
    size, G - 1. Raises ``ValueError`` for unequal lengths and values that are not finite.

    Sources: Bell and McCaffrey (2002), Survey Methodology 28:169-181; Pustejovsky and Tipton
    (2018), J. Business and Economic Statistics 36:672-683; for evals of language models Miller
    (2024), arXiv:2411.00640, who uses the uncorrected form.
    """
    if len(values) != len(groups):
        raise ValueError(f"{len(values)} values and {len(groups)} groups.")
    finite_floats(values)
    by_group: dict[Hashable, list[float]] = {}
    for value, group in zip(values, groups, strict=True):
        by_group.setdefault(group, []).append(float(value))
    n = len(values)
    if len(by_group) < 2:
        return None
    mean = sum(map(float, values)) / n
    shares = [len(own) / n for own in by_group.values()]
    sums = [sum(own) - len(own) * mean for own in by_group.values()]
    variance = sum(s * s / (1 - share) for s, share in zip(sums, shares, strict=True)) / n**2
    return ClusteredMean(
        mean=mean, variance=variance, freedom=_freedom(shares), groups=len(by_group)
    )


def _freedom(shares: Sequence[float]) -> float:
    """Return (tr Γ)² / tr Γ², Γ being the covariance of the groups' sums of adjusted residuals.

    With w = m/n: Γ of a group with itself is w, of two groups u v / √((1 - u)(1 - v)), in
    magnitude and in units of n.
    """
    squares = [share * share / (1 - share) for share in shares]
    total, of_squares = sum(squares), sum(square * square for square in squares)
    return 1 / (sum(share * share for share in shares) + total * total - of_squares)


def clustered_interval(
    values: Sequence[float],
    groups: Sequence[Hashable],
    bounds: tuple[float, float] | None = None,
    confidence: float = CONFIDENCE,
) -> Interval | None:
    """Return the interval of a mean over groups: Student's t with the CR2 variance, cut at bounds.

    Identical values have the rule of three over the groups, which takes bounds; None without, and
    for a single group whose values differ.
    """
    numbers = finite_floats(values)
    if not numbers:
        return None
    if numbers[0] == numbers[-1]:
        return rule_of_three(numbers[0], len(set(groups)), bounds, confidence)
    found = clustered_mean(values, groups)
    if found is None:
        return None
    reach = _t(confidence, found.freedom) * sqrt(found.variance)
    least, most = bounds or (-inf, inf)
    return Interval(max(found.mean - reach, least), min(found.mean + reach, most), CR2)


def clustered_proportion(
    values: Sequence[bool], groups: Sequence[Hashable], confidence: float = CONFIDENCE
) -> Interval | None:
    """Return Wilson's interval of a proportion for the number of cases that the groups are worth.

    That effective number is p(1 - p) over the CR2 variance, at most n, times (z/t)² for the
    degrees of freedom. Where all cases agree it is the number of groups. None for no values, and
    for a single group whose values differ.

    Source: Franco, Little, Louis and Slud (2019), J. Survey Statistics and Methodology 7:334-364.
    """
    n = len(values)
    if n == 0:
        return None
    successes = sum(map(bool, values))
    z = normal_quantile(confidence)
    if successes in (0, n):
        return _wilson(successes / n, len(set(groups)), z)
    found = clustered_mean([float(value) for value in values], groups)
    if found is None:
        return None
    p = successes / n
    worth = n if found.variance == 0 else min(n, p * (1 - p) / found.variance)
    return _wilson(p, worth * (z / _t(confidence, found.freedom)) ** 2, z)


def _wilson(p: float, n: float, z: float) -> Interval:
    low, high = wilson_limits(p, n, z)
    return Interval(low, high, CLUSTERED_WILSON)


def _t(confidence: float, freedom: float) -> float:
    """Return Student's t for degrees of freedom that are rounded down to a whole number."""
    return student_quantile(confidence, max(1, int(freedom + 1e-9)))
