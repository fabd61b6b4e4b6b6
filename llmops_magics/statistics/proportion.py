"""The interval of a proportion: how far a pass rate may be trusted."""

from __future__ import annotations

from math import sqrt

from llmops_magics.statistics.interval import CONFIDENCE, Interval, normal_quantile


def wilson_interval(successes: int, n: int, confidence: float = CONFIDENCE) -> Interval | None:
    """Return Wilson's score interval (without continuity correction), None for ``n`` = 0.

    With p = successes / n and z the normal quantile::

        (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)

    It keeps close to its coverage for small ``n`` and for p near 0 or 1, and has a width above 0
    for p = 0 and p = 1. Raises ``ValueError`` unless 0 <= successes <= n.

    Source: Wilson (1927), JASA 22:209-212; Brown, Cai and DasGupta (2001), Stat. Sci. 16:101-133.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie between 0 and n: {successes} of {n}.")
    z = normal_quantile(confidence)
    if n == 0:
        return None
    p = successes / n
    centre = p + z * z / (2 * n)
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if successes == 0 else (centre - reach) / scale
    high = 1.0 if successes == n else (centre + reach) / scale
    return Interval(low, high, "Wilson")
