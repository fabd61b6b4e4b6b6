"""The mean of a score over cases, with its standard error and interval: one way for everybody.

The table of a run, a rule of a gate and a comparison all take it from here, so that what is shown
is what decides.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

from llmops_magics.statistics.cluster import (
    clustered_interval,
    clustered_mean,
    clustered_proportion,
)
from llmops_magics.statistics.interval import CONFIDENCE, Interval
from llmops_magics.statistics.mean import mean_interval
from llmops_magics.statistics.proportion import wilson_interval


@dataclass(frozen=True, kw_only=True)
class MeanEstimate:
    """A mean over ``n`` cases; None where it cannot be stated.

    ``groups`` is how many groups the cases fall into, None where each stands for itself.
    """

    mean: float | None
    standard_error: float | None
    interval: Interval | None
    n: int
    groups: int | None


def estimate_mean(
    values: Sequence[float],
    groups: Sequence[str] = (),
    *,
    bounds: tuple[float, float] | None = None,
    is_proportion: bool = False,
    confidence: float = CONFIDENCE,
) -> MeanEstimate:
    """Estimate a mean over cases, one value each.

    ``groups`` names each case's group, "" for none; () is as good as all "". ``is_proportion``
    says that the values are assertions made once: Wilson's interval. Else it is that of
    ``mean_interval``; with groups of more than one case, the cluster-robust one of either.
    Raises ``ValueError`` for values that are not finite or out of bounds, and unequal lengths.
    """
    clusters = cluster_keys(groups, len(values))
    if clusters is None:
        if is_proportion:
            interval = wilson_interval(round(sum(values)), len(values), confidence)
        else:
            interval = mean_interval(values, bounds, confidence)
    elif is_proportion:
        interval = clustered_proportion([bool(value) for value in values], clusters, confidence)
    else:
        interval = clustered_interval(values, clusters, bounds, confidence)
    return MeanEstimate(
        mean=sum(values) / len(values) if values else None,
        standard_error=standard_error(values, clusters),
        interval=interval,
        n=len(values),
        groups=None if clusters is None else len(set(clusters)),
    )


def cluster_keys(groups: Sequence[str], n: int) -> list[Hashable] | None:
    """Return a key a case, a case without a group having one of its own.

    None where no two cases share a group. Raises ``ValueError`` unless there are ``n`` or none.
    """
    if groups and len(groups) != n:
        raise ValueError(f"{n} values and {len(groups)} groups.")
    keys: list[Hashable] = [group or place for place, group in enumerate(groups)]
    return keys if len(set(keys)) < len(keys) else None


def standard_error(
    values: Sequence[float], clusters: Sequence[Hashable] | None = None
) -> float | None:
    """Return the standard error of the mean, s/√n or clustered; None below two cases or groups."""
    n = len(values)
    if clusters is not None:
        found = clustered_mean(values, clusters)
        return None if found is None else sqrt(found.variance)
    if n < 2:
        return None
    mean = sum(values) / n
    return sqrt(sum((value - mean) ** 2 for value in values) / (n - 1) / n)
