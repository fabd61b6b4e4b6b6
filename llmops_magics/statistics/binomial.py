"""Exact binomial probabilities: what large-sample theory gets wrong for few cases, or near 0 and 1.

Wilson's interval is right on the average over all proportions and not at each one: at 20 cases
and a true rate of 0.95 it lies wholly below 0.95 in 7.5% of samples, where 2.5% are promised.
"""

from __future__ import annotations

from math import exp, fsum, lgamma, log, log1p

EXACT_TO = 1_000  # throws of a coin counted in whole numbers; beyond, sums of floats


def binomial_tail(least: int, n: int, p: float) -> float:
    """Return the probability that binomial(n, p) is ``least`` or more.

    Accurate to about 1e-12 of its size. Raises ``ValueError`` for a negative n and a p outside 0
    to 1.
    """
    if n < 0 or not 0 <= p <= 1:
        raise ValueError(f"no binomial distribution has n = {n} and p = {p}.")
    if least <= 0:
        return 1.0
    if least > n or p == 0:
        return 0.0
    if p == 1:
        return 1.0
    if least > n * p:
        return min(1.0, fsum(_probability(i, n, p) for i in range(least, n + 1)))
    return max(0.0, 1 - fsum(_probability(i, n, p) for i in range(least)))


def mcnemar_p(gained: int, lost: int) -> float:
    """Return the two-sided p-value of McNemar's exact test; 1 where no pair differs.

    Of ``gained + lost`` pairs that differ, each would be a gain with probability 1/2: twice the
    smaller tail. Pairs that agree decide nothing. Raises ``ValueError`` for a negative count.

    Source: McNemar (1947), Psychometrika 12:153-157; the exact form: Agresti (2013), Categorical
    Data Analysis, 11.1.
    """
    if gained < 0 or lost < 0:
        raise ValueError(f"counts are 0 or more: {gained} gained, {lost} lost.")
    n, most = gained + lost, max(gained, lost)
    if n == 0:
        return 1.0
    if n > EXACT_TO:
        return min(1.0, 2 * binomial_tail(most, n, 0.5))
    choices = tail = 1
    for k in range(n - most):
        choices = choices * (n - k) // (k + 1)
        tail += choices
    return min(1.0, tail / (1 << (n - 1)))


def _probability(i: int, n: int, p: float) -> float:
    choices = lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1)
    return exp(choices + i * log(p) + (n - i) * log1p(-p))
