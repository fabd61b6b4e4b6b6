"""The difference between two runs on the same cases, with its interval.

Paired by case: what makes a case hard is the same in both runs and drops out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from llmops_magics.statistics.interval import CONFIDENCE, Interval, finite_floats
from llmops_magics.statistics.mean import mean_interval
from llmops_magics.statistics.proportion import wilson_interval

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """Mean of candidate minus baseline over ``n`` pairs; None where it cannot be stated."""

    difference: float | None
    interval: Interval | None
    n: int


def paired_difference(
    candidate: Sequence[float],
    baseline: Sequence[float],
    bounds: tuple[float, float] | None = None,
    confidence: float = CONFIDENCE,
) -> PairedDifference:
    """Return candidate minus baseline, both of length n and in the same order of cases.

    Pairs of bools have Newcombe's interval for paired proportions, other values the interval of
    the mean of their differences (``mean_interval``). ``bounds`` are those of a single value.
    Raises ``ValueError`` for unequal lengths and values that are not finite.
    """
    if len(candidate) != len(baseline):
        raise ValueError(f"{len(candidate)} values cannot be paired with {len(baseline)}.")
    n = len(candidate)
    if n == 0:
        return PairedDifference(difference=None, interval=None, n=0)
    pairs = list(zip(candidate, baseline, strict=True))
    if all(isinstance(value, bool) for pair in pairs for value in pair):
        return _difference_of_proportions(
            [(bool(new), bool(old)) for new, old in pairs], confidence
        )
    differences = finite_floats(float(new) - float(old) for new, old in pairs)
    reach = None if bounds is None else bounds[1] - bounds[0]
    interval = mean_interval(differences, None if reach is None else (-reach, reach), confidence)
    return PairedDifference(difference=sum(differences) / n, interval=interval, n=n)


def _difference_of_proportions(
    pairs: list[tuple[bool, bool]], confidence: float
) -> PairedDifference:
    gained = pairs.count((True, False))
    lost = pairs.count((False, True))
    return PairedDifference(
        difference=(gained - lost) / len(pairs),
        interval=newcombe_interval(
            pairs.count((True, True)), gained, lost, pairs.count((False, False)), confidence
        ),
        n=len(pairs),
    )


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
