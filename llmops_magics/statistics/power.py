"""Power: how many cases show a difference, and which difference a number of cases shows.

For runs on the same cases. What decides is how much single cases differ between two runs: for
assertions the discordance (the share of cases that flip, in whichever direction), for scores the
standard deviation of the differences. Neither is known before two runs are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

POWER = 0.8
ERROR = 0.05
_STEPS = 80  # halvings: to the last bit of a float


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How much single cases differ: a ``size`` that is a discordance, or a standard deviation.

    Raises ``ValueError`` for a size that is not above 0, and a discordance above 1.
    """

    size: float
    is_proportion: bool

    def __post_init__(self) -> None:
        if not self.size > 0 or (self.is_proportion and self.size > 1):
            what = "discordance" if self.is_proportion else "standard deviation"
            raise ValueError(f"{self.size} is no {what}.")

    @property
    def variance(self) -> float:
        """The variance of one case's difference when nothing changed."""
        return self.size if self.is_proportion else self.size**2


def cases_to_see(
    difference: float, spread: Spread, *, power: float = POWER, error: float = ERROR
) -> int | None:
    """Return how many cases tell a true difference from none, with that power.

    ``error`` is two-sided. With z of 1 - error/2 and z' of the power::

        assertions  (z √d + z' √(d - δ²))² / δ²        scores  ((z + z') s / δ)² + z²/2

    None where the difference is larger than the discordance: it cannot be. Raises ``ValueError``
    for a difference, power or error that is none.

    Sources: Connor (1987), Biometrics 43:207-211; Guenther (1981), The American Statistician
    35:243-244, for z²/2, which makes up for the t test.
    """
    size = _checked(abs(difference), power, error)
    z, reach = _z(1 - error / 2), _z(power)
    if not spread.is_proportion:
        return ceil(((z + reach) * spread.size / size) ** 2 + z * z / 2)
    if size > spread.size:
        return None
    return ceil(((z * sqrt(spread.size) + reach * sqrt(spread.size - size**2)) / size) ** 2)


def cases_to_rule_out(
    margin: float, spread: Spread, *, power: float = POWER, error: float = ERROR / 2
) -> int:
    """Return how many cases rule out a fall by the margin, with that power, if nothing changed.

    What ``non_inferior`` asks for; ``error`` is one-sided: 0.025 is a gate's, of its 95% interval.
    (z + z')² variance / margin², plus z²/2 for scores. Raises ``ValueError``.

    Source: Lu and Bean (1995), Statistics in Medicine 14:1831-1839.
    """
    size = _checked(margin, power, error)
    z = _z(1 - error)
    extra = 0.0 if spread.is_proportion else z * z / 2
    return ceil(spread.variance * ((z + _z(power)) / size) ** 2 + extra)


def smallest_difference(
    n: int, spread: Spread, *, power: float = POWER, error: float = ERROR
) -> float | None:
    """Return the smallest true difference that ``n`` cases tell from none; None if there is none.

    The inverse of ``cases_to_see``, with its errors.
    """
    most = spread.size if spread.is_proportion else 100 * spread.size
    needed = cases_to_see(most, spread, power=power, error=error)
    if needed is None or needed > n:
        return None
    low, high = 0.0, most
    for _ in range(_STEPS):
        middle = (low + high) / 2
        needed = cases_to_see(middle, spread, power=power, error=error) if middle else None
        low, high = (low, middle) if needed is not None and needed <= n else (middle, high)
    return high


def smallest_margin(
    n: int, spread: Spread, *, power: float = POWER, error: float = ERROR / 2
) -> float | None:
    """Return the smallest margin that ``n`` cases rule out if nothing changed; None for too few.

    The inverse of ``cases_to_rule_out``, with its errors.
    """
    _checked(1.0, power, error)
    z = _z(1 - error)
    worth = n if spread.is_proportion else n - z * z / 2
    return (z + _z(power)) * sqrt(spread.variance / worth) if worth > 0 else None


def _checked(size: float, power: float, error: float) -> float:
    if not size > 0 or not 0 < error < 1 or not error < power < 1:
        raise ValueError(
            f"no number of cases is known for a difference of {size} with power {power} and "
            f"error {error}."
        )
    return size


def _z(probability: float) -> float:
    return NormalDist().inv_cdf(probability)
