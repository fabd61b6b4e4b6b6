"""The interval of a proportion: how far a pass rate may be trusted."""

from __future__ import annotations

from math import inf, nextafter, sqrt

from llmops_magics.statistics.binomial import binomial_tail
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
    low, high = wilson_limits(successes / n, n, z)
    return Interval(low, high, "Wilson")


def wilson_limits(p: float, n: float, z: float) -> tuple[float, float]:
    """Return both ends for a proportion ``p`` of ``n`` cases, which need not be a whole number."""
    centre = p + z * z / (2 * n)
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if p == 0 else (centre - reach) / scale
    high = 1.0 if p == 1 else (centre + reach) / scale
    return low, high


def held_to_bound(interval: Interval, successes: int, n: int, bound: float) -> Interval:
    """Let an interval reach just beyond ``bound`` unless the exact binomial test excludes it too.

    Each tail is tested at half of what 95% leave. So an interval lies wholly on one side of the
    true proportion in at most 2.5% of samples, whatever n and the proportion.

    Source: Clopper and Pearson (1934), Biometrika 26:404-413, whose interval is this test turned
    round.
    """
    if not 0 <= bound <= 1 or interval.low <= bound <= interval.high:
        return interval
    is_above = interval.low > bound
    tail = (
        binomial_tail(successes, n, bound)
        if is_above
        else binomial_tail(n - successes, n, 1 - bound)
    )
    if tail <= (1 - CONFIDENCE) / 2:
        return interval
    method = f"{interval.method}, to {bound:g} by the exact binomial test"
    if is_above:
        return Interval(nextafter(bound, -inf), interval.high, method)
    return Interval(interval.low, nextafter(bound, inf), method)
