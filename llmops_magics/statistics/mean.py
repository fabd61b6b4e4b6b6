"""The interval of a mean: how far an average score may be trusted.

The method goes by what the values allow, and the interval names it. Identical values never yield
an interval of width 0: a thing not seen in n cases may still happen in up to 3/n of all cases.
"""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from llmops_magics.statistics.interval import (
    CONFIDENCE,
    Interval,
    finite_floats,
    normal_quantile,
)
from llmops_magics.statistics.student import student_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    Vector = npt.NDArray[np.float64]

BEYOND = 50  # resamples outside each end: 2,000 in all at 95%
SEED = 20_240_229
BOOTSTRAP_FROM = 10  # below, a resample cannot leave the few values seen: far too narrow
NORMAL_ABOVE = 20_000_000  # values resampled in all (at 95%, 10,000 by 2,000): the normal agrees
MANY = 1_000  # values from which Student's t is the normal
BLOCK = 2_000_000  # resampled values held at a time: 16 MB


def mean_interval(
    values: Sequence[float],
    bounds: tuple[float, float] | None = None,
    confidence: float = CONFIDENCE,
) -> Interval | None:
    """Return the interval of the mean, which always contains the sample's mean.

    ``bounds`` are the smallest and largest value possible, where that is known. The methods:
    BCa bootstrap (2,000 resamples at 95%, more for more, so that 50 lie beyond each end; seeded:
    equal values in any order have equal intervals); Student's t below 10 values, cut at the
    bounds; the normal approximation above 10,000 (at 95%, at more confidence from fewer on); the
    rule of three for one value or identical ones, which needs the bounds and is None without.
    Raises ``ValueError`` for values that are not finite or lie outside the bounds.

    Sources: Efron and Tibshirani (1993), An Introduction to the Bootstrap, 14.3; Hesterberg
    (2015), The American Statistician 69:371-386, on samples too small for the bootstrap; Hanley
    and Lippman-Hand (1983), JAMA 249:1743-1745, for the rule of three.
    """
    numbers = finite_floats(values)
    if not numbers:
        return None
    if bounds is not None and not bounds[0] <= numbers[0] <= numbers[-1] <= bounds[1]:
        raise ValueError(f"Values from {numbers[0]} to {numbers[-1]} leave the bounds {bounds}.")
    if numbers[0] == numbers[-1]:
        return rule_of_three(numbers[0], len(numbers), bounds, confidence)
    if len(numbers) < BOOTSTRAP_FROM:
        factor = student_quantile(confidence, len(numbers) - 1)
        return _symmetric(numbers, factor, bounds, "Student t")
    if len(numbers) * _resamples(confidence) > NORMAL_ABOVE:
        return _symmetric(numbers, normal_quantile(confidence), bounds, "normal")
    return _bootstrap(numbers, confidence)


def _resamples(confidence: float) -> int:
    return ceil(round(2 * BEYOND / (1 - confidence), 6))


def rule_of_three(
    value: float, n: int, bounds: tuple[float, float] | None, confidence: float
) -> Interval | None:
    """Bound the mean when all ``n`` values are one value; None for unknown bounds.

    With 95% confidence at most a share s = 1 - 0.05^(1/n) of all cases, about 3/n, has another
    value; at worst these all lie at a bound.
    """
    if bounds is None:
        return None
    share = 1 - (1 - confidence) ** (1 / n)
    low, high = (value + share * (bound - value) for bound in bounds)
    return Interval(low, high, "rule of three")


def _symmetric(
    numbers: list[float], factor: float, bounds: tuple[float, float] | None, method: str
) -> Interval:
    """Mean ± factor standard errors, cut at the bounds."""
    n = len(numbers)
    mean = sum(numbers) / n
    variance = sum((number - mean) ** 2 for number in numbers) / (n - 1)
    reach = factor * sqrt(variance / n)
    least, most = bounds or (-float("inf"), float("inf"))
    return Interval(max(mean - reach, least), min(mean + reach, most), method)


def _bootstrap(numbers: list[float], confidence: float) -> Interval:
    import numpy as np

    sample = np.asarray(numbers, dtype=np.float64)
    mean = float(sample.mean())
    means = _resampled_means(sample, _resamples(confidence))
    low, high = np.quantile(means, _corrected_levels(sample, means, confidence))
    return Interval(min(float(low), mean), max(float(high), mean), "BCa bootstrap")


def _resampled_means(sample: Vector, resamples: int) -> Vector:
    """Return the means of samples drawn with replacement, of shape (resamples,)."""
    import numpy as np

    generator = np.random.default_rng(SEED)
    rows = max(1, BLOCK // len(sample))
    blocks = []
    for start in range(0, resamples, rows):
        shape = (min(rows, resamples - start), len(sample))
        blocks.append(sample[generator.integers(0, len(sample), size=shape)].mean(axis=1))
    return np.concatenate(blocks)


def _corrected_levels(sample: Vector, means: Vector, confidence: float) -> list[float]:
    """Return BCa's two quantile levels: shifted for bias z0 and for acceleration a (skewness).

    level = Φ(z0 + (z0 + z) / (1 - a (z0 + z))), with a = Σd³ / 6(Σd²)^1.5 for a mean (the
    jackknife's value, d being deviations from the mean). z is t √(n / (n - 1)), as a bootstrap of
    n values is too narrow by that (Hesterberg (2015), section 5.2).
    """
    normal = NormalDist()
    centre = sample.mean()
    below = ((means < centre).sum() + 0.5 * (means == centre).sum()) / len(means)
    bias = normal.inv_cdf(min(max(float(below), 1 / len(means)), 1 - 1 / len(means)))
    deviations = (sample - centre) / abs(sample - centre).max()  # scaled: no under- or overflow
    acceleration = float((deviations**3).sum() / (6 * (deviations**2).sum() ** 1.5))
    n = len(sample)
    usual = student_quantile(confidence, n - 1) if n <= MANY else normal_quantile(confidence)
    z = usual * sqrt(n / (n - 1))
    return [_level(bias, end, acceleration) for end in (-z, z)]


def _level(bias: float, end: float, acceleration: float) -> float:
    """Return Φ of the shifted end; the last level where the skewness leaves no finite one."""
    reach = bias + end
    scale = 1 - acceleration * reach
    if scale <= 0:
        return 1.0 if reach > 0 else 0.0
    return NormalDist().cdf(bias + reach / scale)
