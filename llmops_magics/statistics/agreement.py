"""How far several people agree who rated the same things.

Pure functions of units: each unit is the ratings that one thing got, by whoever rated it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations


def ordinal_alpha(units: Sequence[Sequence[int]]) -> float | None:
    """Return Krippendorff's alpha for ordered grades, 1 - Do / De; any number of raters a unit.

    With n_c how often grade c is given in units of two ratings or more, n their number, o_ck the
    pairs of grades c and k within units (each weighted by 1 / (ratings of the unit - 1)), and the
    ordinal distance

        d_ck = (n_c / 2 + sum of n_g for c < g < k + n_k / 2)²

    Do is the mean of d over the pairs o_ck / n, De over n_c n_k / (n (n - 1)). None where nothing
    was rated twice, or one grade alone was given: chance explains all of it then.

    Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section D.
    """
    rated = [unit for unit in units if len(unit) > 1]
    counts = Counter(grade for unit in rated for grade in unit)
    total = sum(counts.values())
    distance = _ordinal_distances(counts)
    expected = sum(
        counts[c] * counts[k] * distance[c, k] for c, k in combinations(sorted(counts), 2)
    )
    if not expected:
        return None
    observed = sum(
        distance[min(a, b), max(a, b)] / (len(unit) - 1)
        for unit in rated
        for a, b in combinations(unit, 2)
        if a != b
    )
    return 1 - (total - 1) * observed / expected


def _ordinal_distances(counts: Counter[int]) -> dict[tuple[int, int], float]:
    grades = sorted(counts)
    return {
        (c, k): (counts[c] / 2 + sum(counts[g] for g in grades if c < g < k) + counts[k] / 2) ** 2
        for c, k in combinations(grades, 2)
    }
