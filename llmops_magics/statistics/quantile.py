"""Quantiles (latency's p50 and p95) and how far they may be trusted."""

from __future__ import annotations

from math import ceil, exp, floor, inf, lgamma, log
from typing import TYPE_CHECKING

from llmops_magics.statistics.interval import CONFIDENCE, Interval, finite_floats

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def quantile(values: Sequence[float], q: float) -> float | None:
    """Return the quantile, interpolated between neighbours; None for no values.

    Position (n - 1) q in the sorted values: type 7 of Hyndman and Fan (1996), The American
    Statistician 50:361-365, as in NumPy. Raises ``ValueError`` unless 0 <= q <= 1.
    """
    if not 0 <= q <= 1:
        raise ValueError(f"q must lie between 0 and 1, not {q}.")
    numbers = finite_floats(values)
    if not numbers:
        return None
    position = (len(numbers) - 1) * q
    below = floor(position)
    above = min(below + 1, len(numbers) - 1)
    return numbers[below] + (position - below) * (numbers[above] - numbers[below])


def quantile_interval(
    values: Sequence[float],
    q: float,
    confidence: float = CONFIDENCE,
    independent: int | None = None,
) -> Interval | None:
    """Return an interval between two of the values that holds for any distribution.

    The number of values at or below the true quantile is binomial(n, q); each end is the innermost
    value that leaves at most half of the error on its side. Where the sample is too small for
    that, the end is infinite (an upper end for q = 0.95 takes 72 values). Where only so many of
    the values are ``independent`` (repeats of that many cases), the ranks are those of so few,
    which is right when repeats agree and wider than need be when they do not. None for no values.
    Raises ``ValueError`` unless 0 < q < 1 and 1 <= independent <= n.

    Source: Conover (1999), Practical Nonparametric Statistics, 3.2.
    """
    if not 0 < q < 1:
        raise ValueError(f"q must lie between 0 and 1, not {q}.")
    numbers = finite_floats(values)
    if not numbers:
        return None
    n = len(numbers)
    worth = n if independent is None else independent
    if not 1 <= worth <= n:
        raise ValueError(f"{worth} of {n} values cannot be independent.")
    tail = (1 - confidence) / 2
    low, high = -inf, inf
    # Before step i, `below` is the probability that at most i - 1 values lie under the quantile.
    for i, below in enumerate(_binomial_below(worth, q), start=1):
        if below <= tail:
            low = numbers[(i - 1) * n // worth]
        if below >= 1 - tail:
            high = numbers[ceil(i * n / worth) - 1]
            break
    return Interval(low, high, "order statistics")


def _binomial_below(n: int, q: float) -> Iterator[float]:
    """Yield P(B < i) for i = 1 to n, where B is binomial(n, q)."""
    total = 0.0
    for i in range(n):
        choices = lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1)
        total += exp(choices + i * log(q) + (n - i) * log(1 - q))
        yield total
