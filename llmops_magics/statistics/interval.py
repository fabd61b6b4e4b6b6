"""What every function here returns: an interval that names the method behind it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """Both ends belong to the interval; an end that the data cannot bound is infinite."""

    low: float
    high: float
    method: str


def normal_quantile(confidence: float) -> float:
    """Return z so that a standard normal lies within -z and z with probability ``confidence``."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}.")
    return NormalDist().inv_cdf((1 + confidence) / 2)


def finite_floats(values: Iterable[float]) -> list[float]:
    """Return the values as sorted floats; raises ``ValueError`` for a NaN or an infinity."""
    numbers = sorted(float(value) for value in values)
    if any(number - number != 0 for number in numbers):
        raise ValueError("The values must be finite numbers: leave missing ones out.")
    return numbers
