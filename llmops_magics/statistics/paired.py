"""The difference between two runs on the same cases, with its interval.

Paired by case: what makes a case hard is the same in both runs and drops out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from llmops_magics.statistics.cluster import clustered_interval
from llmops_magics.statistics.estimate import cluster_keys, standard_error
from llmops_magics.statistics.interval import CONFIDENCE, Interval, finite_floats
from llmops_magics.statistics.mean import mean_interval
from llmops_magics.statistics.proportion import wilson_interval
from llmops_magics.statistics.signflip import grouped_sign_flip_p, sign_flip_p

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

MCNEMAR, SIGN_FLIP, GROUPED = "McNemar exact", "sign-flip", "sign-flip by group"


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """Mean of candidate minus baseline over ``n`` pairs; None where it cannot be stated.

    ``p_value`` is two-sided, of the exact ``test``: nothing changed. ``groups`` is how many groups
    the pairs fall into, None where each stands for itself.
    """

    difference: float | None
    interval: Interval | None
    n: int
    standard_error: float | None = None
    p_value: float | None = None
    test: str = ""
    groups: int | None = None


def paired_difference(
    candidate: Sequence[float],
    baseline: Sequence[float],
    bounds: tuple[float, float] | None = None,
    confidence: float = CONFIDENCE,
    groups: Sequence[str] = (),
) -> PairedDifference:
    """Return candidate minus baseline, both of length n and in the same order of cases.

    Pairs of bools have Newcombe's interval for paired proportions and McNemar's exact test, other
    values the interval of the mean of their differences (``mean_interval``) and the sign-flip
    test. Where pairs share a group, the interval is the cluster-robust one and whole groups are
    flipped. An interval that the test contradicts at its own level reaches to 0: large-sample
    theory never proves what the exact test does not. ``bounds`` are those of a single value.
    Raises ``ValueError`` for unequal lengths and values that are not finite.
    """
    if len(candidate) != len(baseline):
        raise ValueError(f"{len(candidate)} values cannot be paired with {len(baseline)}.")
    n = len(candidate)
    if n == 0:
        return PairedDifference(difference=None, interval=None, n=0)
    pairs = list(zip(candidate, baseline, strict=True))
    differences = [float(new) - float(old) for new, old in pairs]
    finite_floats(differences)
    clusters = cluster_keys(groups, n)
    reach = 0.0 if bounds is None else bounds[1] - bounds[0]
    limits = None if bounds is None else (-reach, reach)
    if clusters is not None:
        interval = clustered_interval(differences, clusters, limits, confidence)
    elif are_bools(pairs):
        interval = newcombe_interval(*_table(pairs), confidence)
    else:
        interval = mean_interval(differences, limits, confidence)
    test, p_value = _test(pairs, differences, clusters)
    return PairedDifference(
        difference=sum(differences) / n,
        interval=held_to_test(interval, p_value, confidence, test),
        n=n,
        standard_error=standard_error(differences, clusters),
        p_value=p_value,
        test=test,
        groups=None if clusters is None else len(set(clusters)),
    )


def are_bools(pairs: Sequence[tuple[float, float]]) -> bool:
    """Tell whether all pairs are of assertions made once, and there is one."""
    return bool(pairs) and all(isinstance(value, bool) for pair in pairs for value in pair)


def held_to_test(
    interval: Interval | None, p_value: float, confidence: float, test: str = SIGN_FLIP
) -> Interval | None:
    """Let an interval reach 0 unless the exact test, at the same level, excludes 0 too."""
    if interval is None or interval.low <= 0 <= interval.high or p_value <= 1 - confidence:
        return interval
    method = f"{interval.method}, to 0 by the {SIGN_FLIP if test == MCNEMAR else test} test"
    return Interval(min(interval.low, 0.0), max(interval.high, 0.0), method)


def _test(
    pairs: Sequence[tuple[float, float]],
    differences: Sequence[float],
    clusters: Sequence[Hashable] | None,
) -> tuple[str, float]:
    if clusters is not None:
        return GROUPED, grouped_sign_flip_p(differences, clusters)
    return (MCNEMAR if are_bools(pairs) else SIGN_FLIP), sign_flip_p(differences)


def _table(pairs: Sequence[tuple[float, float]]) -> tuple[int, int, int, int]:
    """Count pairs where both hold, only the candidate, only the baseline, neither."""
    both, gained, lost, neither = (
        pairs.count(kind) for kind in ((True, True), (True, False), (False, True), (False, False))
    )
    return both, gained, lost, neither


def newcombe_interval(
    both: int, gained: int, lost: int, neither: int, confidence: float = CONFIDENCE
) -> Interval | None:
    """Return the interval of a difference of paired proportions, (gained - lost) / n.

    ``gained`` counts pairs where only the candidate holds, ``lost`` those where only the baseline
    does. Wilson's limits of both proportions are squared and added, with a correlation corrected
    for continuity. It has a width above 0 when no pair differs. None when there are no pairs.

    Source: Newcombe (1998), Statistics in Medicine 17:2635-2650, method 10.
    """
    n = both + gained + lost + neither
    new = wilson_interval(both + gained, n, confidence)
    old = wilson_interval(both + lost, n, confidence)
    if new is None or old is None:
        return None
    p_new, p_old = (both + gained) / n, (both + lost) / n
    phi = _correlation(both, gained, lost, neither)
    below = _square_and_add(p_new - new.low, old.high - p_old, phi)
    above = _square_and_add(new.high - p_new, p_old - old.low, phi)
    difference = (gained - lost) / n
    return Interval(difference - below, difference + above, "Newcombe paired")


def _correlation(both: int, gained: int, lost: int, neither: int) -> float:
    """Phi of the 2x2 table, moved n/2 towards 0 where positive; 0 where a margin is empty."""
    n = both + gained + lost + neither
    margins = (both + gained) * (lost + neither) * (both + lost) * (gained + neither)
    if margins == 0:
        return 0.0
    product = both * neither - gained * lost
    corrected = max(product - n / 2, 0.0) if product > 0 else float(product)
    return corrected / sqrt(margins)


def _square_and_add(one: float, other: float, phi: float) -> float:
    return sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))
