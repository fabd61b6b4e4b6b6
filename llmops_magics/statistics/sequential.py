"""Tests and intervals of a difference that may be looked at as often as one likes.

A test that is looked at a hundred times finds something in a third of the cases where there is
nothing. What is here holds at all times at once: with probability 1 - alpha no look ever errs. It
is the mixture sequential probability ratio test with a normal mixture, one-sided: the likelihood
of a harm, averaged over half a normal distribution of harms, against that of none.

With information n (below), z the observed difference over its standard error, and 1/rho the
mixture's variance in units of one observation's::

    log L = log 2 + log(rho / (n + rho)) / 2 + z² n / (2 (n + rho)) + log Phi(z sqrt(n / (n + rho)))

and the always-valid p-value is 1 / L, at most 1. ``rho`` is chosen so that the bound is tightest at
``tuned_for``.

Of two arms with sizes a and b the information is ab / (a + b). What was observed in several strata
(the steps of a rollout, each with its own share) is compared within each and then added with
weights of its information, as Cochran, Mantel and Haenszel do, so that a bad hour with another
share takes no side.

Variances are estimated, so the guarantee is asymptotic (Waudby-Smith et al.): it wants some
observations in both arms before the first look, for which ``LEAST`` stands.

Sources: Robbins (1970), Ann. Math. Stat. 41:1397-1409; Johari, Koomen, Pekelis and Walsh (2022),
Oper. Res. 70:1806-1821 (always-valid p-values, mSPRT for two streams); Howard, Ramdas, McAuliffe
and Sekhon (2021), Ann. Stat. 49:1055-1080 (one-sided normal mixture, the choice of rho);
Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Ann. Stat. 52:2613-2640; Cochran (1954),
Biometrics 10:417-451; Agresti and Caffo (2000), Am. Stat. 54:280-288 (the interval's variances).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import erfc, exp, inf, isfinite, log, log1p, pi, sqrt
from typing import Final, TypeAlias

from llmops_magics.statistics.interval import Interval

TUNED_FOR: Final = 500.0  # information, which is about the requests of the smaller arm
LEAST: Final = 20  # observations of an arm, before anything is said
_ROOT_2 = sqrt(2)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Sums of one arm's values: their number, their sum and the sum of their squares.

    Of a proportion, values are 0 and 1, so that sum and squares are the same count.
    """

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> Tally:
        """Add up values."""
        known = list(values)
        return cls(n=len(known), total=sum(known), squares=sum(value * value for value in known))

    @classmethod
    def of_count(cls, n: int, count: int) -> Tally:
        """Take ``count`` of ``n``; raises ``ValueError`` unless 0 <= count <= n."""
        if not 0 <= count <= n:
            raise ValueError(f"a count must lie between 0 and n: {count} of {n}.")
        return cls(n=n, total=count, squares=count)

    @property
    def mean(self) -> float | None:
        """The mean, None of nothing."""
        return self.total / self.n if self.n else None

    @property
    def variance(self) -> float:
        """The sample variance, with n - 1; 0 below two values."""
        if self.n < 2:
            return 0.0
        return max(self.squares - self.total * self.total / self.n, 0.0) / (self.n - 1)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            n=self.n + other.n,
            total=self.total + other.total,
            squares=self.squares + other.squares,
        )


Stratum: TypeAlias = tuple[Tally, Tally]  # of the candidate, of what it is held against
_Variance: TypeAlias = Callable[[Tally, Tally], float]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Candidate less stable: ``z_error`` is its standard error under equality, ``error`` else.

    ``correction`` is what a test of counts takes off the estimate, for they move in whole steps.
    """

    estimate: float
    error: float
    z_error: float
    information: float
    correction: float = 0.0

    @property
    def z(self) -> float:
        """The corrected estimate over its standard error if there were no difference."""
        size = max(abs(self.estimate) - self.correction, 0.0)
        if self.z_error > 0:
            size /= self.z_error
        elif size > 0:
            size = inf
        return size if self.estimate > 0 else -size


def difference_of_proportions(strata: Sequence[Stratum]) -> Difference | None:
    """Return candidate less stable, of rates; None while an arm has fewer than ``LEAST`` values.

    The variance under equality is that of the pooled rate (K + 1/2) / (N + 1); the other adds one
    success and one failure to each arm. Neither is 0 while all have succeeded. The test takes half
    a count off, as Cochran, Mantel and Haenszel's does: without it, rare failures (1% and below)
    pass for harm more often than alpha says.
    """
    return _difference(strata, _pooled_rate_variance, _rate_variance, counts=True)


def difference_of_means(strata: Sequence[Stratum]) -> Difference | None:
    """Return candidate less stable, of means, with each arm's own variance (Welch).

    None while an arm has fewer than ``LEAST`` values.
    """
    return _difference(strata, _welch_variance, _welch_variance)


def always_valid_p(difference: Difference, *, alpha: float, tuned_for: float = TUNED_FOR) -> float:
    """Return the always-valid p-value of a candidate that is above: one-sided.

    ``alpha`` and ``tuned_for`` choose the mixture only, and must not change from look to look.
    Where it ever falls to ``alpha`` or below, the hypothesis of no harm is rejected.
    """
    rho = mixture_rho(alpha, tuned_for)
    return exp(-max(log_mixture(difference.z, difference.information, rho), 0.0))


def confidence_sequence(
    difference: Difference, *, alpha: float, tuned_for: float = TUNED_FOR
) -> Interval:
    """Return an interval whose ends each hold at all looks at once, with probability 1 - alpha.

    Each end is the one-sided test turned round; both together hold with 1 - 2 alpha.
    """
    rho = mixture_rho(alpha, tuned_for)
    reach = boundary_z(difference.information, alpha, rho) * difference.error
    method = f"always valid, normal mixture, {alpha:.3g} an end"
    return Interval(difference.estimate - reach, difference.estimate + reach, method)


def mixture_rho(alpha: float, tuned_for: float) -> float:
    """Return the rho whose one-sided bound is about the tightest at an information.

    ``tuned_for / (2 log(1 / 2 alpha) + log(1 + 2 log(1 / 2 alpha)))``: Howard et al., section 3.5.
    Raises ``ValueError`` unless 0 < alpha < 1/2 and the information is above 0.
    """
    if not 0 < alpha < 0.5 or tuned_for <= 0:
        raise ValueError(f"alpha lies between 0 and 0.5, not {alpha}; information above 0.")
    twice = 2 * log(1 / (2 * alpha))
    return tuned_for / (twice + log1p(twice))


def log_mixture(z: float, information: float, rho: float) -> float:
    """Return the log of the mixture likelihood ratio; at most 0 where z is not above 0."""
    if information <= 0 or z <= 0:
        return min(0.0, _log_scale(max(information, 0.0), rho))
    if not isfinite(z):
        return inf
    share = information / (information + rho)
    x = z * sqrt(share)
    return log(2) + _log_scale(information, rho) + x * x / 2 + log(_phi(x))


def boundary_z(information: float, alpha: float, rho: float) -> float:
    """Return the z at which the test rejects; infinite without information.

    By Newton's method from above, where the two-sided bound lies: the log is convex in z, so each
    step stays above the solution.
    """
    if information <= 0:
        return inf
    root = sqrt(information / (information + rho))
    x = sqrt(2 * (log(1 / alpha) - _log_scale(information, rho)))  # beyond the solution
    target = log(1 / alpha) - log(2) - _log_scale(information, rho)
    for _ in range(50):
        density = exp(-x * x / 2) / sqrt(2 * pi)
        gap = x * x / 2 + log(_phi(x)) - target
        step = gap / (x + density / _phi(x))
        x -= step
        if abs(step) < 1e-12 * max(x, 1.0):
            break
    return x / root


def _difference(
    strata: Sequence[Stratum],
    under_equality: _Variance,
    own: _Variance,
    *,
    counts: bool = False,
) -> Difference | None:
    both = [(c, s) for c, s in strata if c.n and s.n]
    if min((sum(arms[k].n for arms in both) for k in (0, 1)), default=0) < LEAST:
        return None
    weights = [c.n * s.n / (c.n + s.n) for c, s in both]
    information = sum(weights)
    gaps = [c.total / c.n - s.total / s.n for c, s in both]

    def error(variance: _Variance) -> float:
        parts = [w * w * variance(*arms) for w, arms in zip(weights, both, strict=True)]
        return sqrt(sum(parts)) / information

    return Difference(
        estimate=sum(w * gap for w, gap in zip(weights, gaps, strict=True)) / information,
        error=error(own),
        z_error=error(under_equality),
        information=information,
        correction=0.5 / information if counts else 0.0,
    )


def _pooled_rate_variance(candidate: Tally, stable: Tally) -> float:
    n = candidate.n + stable.n
    p = (candidate.total + stable.total + 0.5) / (n + 1)
    return p * (1 - p) * (1 / candidate.n + 1 / stable.n)


def _rate_variance(candidate: Tally, stable: Tally) -> float:
    rates = [((arm.total + 1) / (arm.n + 2), arm.n + 2) for arm in (candidate, stable)]
    return sum(p * (1 - p) / n for p, n in rates)


def _welch_variance(candidate: Tally, stable: Tally) -> float:
    return candidate.variance / candidate.n + stable.variance / stable.n


def _log_scale(information: float, rho: float) -> float:
    return log(rho / (information + rho)) / 2


def _phi(x: float) -> float:
    return erfc(-x / _ROOT_2) / 2
