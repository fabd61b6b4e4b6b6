"""Quantiles of Student's t, for means of so few values that nothing else is honest."""

from __future__ import annotations

from functools import lru_cache
from math import atan, cos, pi, sin, sqrt, tan

STEPS = 80  # halvings of the angle: to the last bit of a float


@lru_cache(maxsize=1024)
def student_quantile(confidence: float, freedom: int) -> float:
    """Return t so that Student's t lies within -t and t with probability ``confidence``.

    ``freedom`` is the whole number of degrees of freedom, 1 or more. Raises ``ValueError``.
    """
    if not 0 < confidence < 1 or freedom < 1:
        raise ValueError(f"no t for confidence {confidence} and {freedom} degrees of freedom.")
    low, high = 0.0, pi / 2
    for _ in range(STEPS):
        middle = (low + high) / 2
        if _within(middle, freedom) < confidence:
            low = middle
        else:
            high = middle
    return sqrt(freedom) * tan(low)


def student_within(t: float, freedom: int) -> float:
    """Return the probability that Student's t lies within -t and t, for t of 0 or more.

    Source: Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
    """
    return _within(atan(t / sqrt(freedom)), freedom)


def _within(angle: float, freedom: int) -> float:
    """Sum the finite series in the angle θ = atan(t / √freedom), in even powers of cos θ.

    Each term is the one before times cos² θ (k - 1) / k: k = 2, 4, … for an even number of
    degrees of freedom, 3, 5, … for an odd one.
    """
    odd = freedom % 2
    term = cos(angle) if odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(2 + odd, freedom - 1, 2):
        term *= cos(angle) ** 2 * (k - 1) / k
        total += term
    total *= sin(angle)
    return 2 / pi * (angle + total) if odd else total
