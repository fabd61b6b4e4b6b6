"""The sign-flip test: whether paired differences are more one-sided than chance makes them.

An interval from large-sample theory is too narrow for a few pairs, the more so the higher its
confidence. This test is exact for any number of pairs, and keeps such an interval honest.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from llmops_magics.statistics.binomial import mcnemar_p
from llmops_magics.statistics.interval import finite_floats

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

ENUMERATED = 14  # nonzero differences: 16,384 assignments of signs
FLIPS = 20_000
NORMAL_ABOVE = 200
SEED = 20_240_229
BLOCK = 2_000_000  # signs held at a time
TOLERANCE = 1e-9  # of the sum of all sizes: sums that only rounding tells apart are equal


def sign_flip_p(differences: Sequence[float]) -> float:
    """Return the two-sided p-value of: the differences lie symmetrically about 0.

    The share of all assignments of signs to the differences whose sum is at least as far from 0
    as the one observed. Zeros decide nothing. For differences of one size, as pairs of bools
    have, this is McNemar's exact test; up to 14 others every assignment is counted; beyond, 20,000
    are drawn (seeded), with the observed one counted in; above 200 of which none weighs more
    than a hundredth of all, the sum is normal. 1 for no differences. Raises ``ValueError`` for
    values that are not finite.

    Sources: Fisher (1935), The Design of Experiments, 21; McNemar (1947), Psychometrika
    12:153-157; Phipson and Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9:39, on the one counted in.
    """
    values = [value for value in finite_floats(differences) if value]
    if not values:
        return 1.0
    if max(map(abs, values)) - min(map(abs, values)) <= TOLERANCE * max(map(abs, values)):
        gained = sum(value > 0 for value in values)
        return mcnemar_p(gained, len(values) - gained)
    squares = sum(value * value for value in values)
    if len(values) > NORMAL_ABOVE and max(values[0] ** 2, values[-1] ** 2) <= squares / 100:
        return 2 * NormalDist().cdf(-abs(sum(values)) / sqrt(squares))
    return _counted(values)


def grouped_sign_flip_p(differences: Sequence[float], groups: Sequence[Hashable]) -> float:
    """Return the p-value where all differences of a group change their sign together.

    Cases of a group are not independent; groups are. So it is the sign-flip test of the groups'
    sums. Raises ``ValueError`` for unequal lengths.

    Source: Canay, Romano and Shaikh (2017), Econometrica 85:1013-1030.
    """
    sums: dict[Hashable, float] = {}
    for difference, group in zip(differences, groups, strict=True):
        sums[group] = sums.get(group, 0.0) + float(difference)
    return sign_flip_p(list(sums.values()))


def _counted(values: list[float]) -> float:
    """Count assignments of signs: all of them, or a sample."""
    import numpy as np

    sizes = np.abs(np.asarray(values))
    least = abs(sum(values)) - TOLERANCE * float(sizes.sum())
    n = len(values)
    if n <= ENUMERATED:
        bits = np.arange(2**n)[:, None] >> np.arange(n) & 1
        sums = (2 * bits - 1) @ sizes
        return int((np.abs(sums) >= least).sum()) / len(sums)
    generator = np.random.default_rng(SEED)
    rows = max(1, BLOCK // n)
    extreme = 0
    for start in range(0, FLIPS, rows):
        shape = (min(rows, FLIPS - start), n)
        signs = 2 * generator.integers(0, 2, size=shape, dtype=np.int8) - 1
        extreme += int((np.abs(signs @ sizes) >= least).sum())
    return (extreme + 1) / (FLIPS + 1)
