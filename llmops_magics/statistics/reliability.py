"""What repeats of a case tell: how reliably it passes.

Repeats are never pooled as if they were cases: each function takes one case's repeats.
"""

from __future__ import annotations

from math import comb


def pass_at_k(n: int, passed: int, k: int) -> float:
    """Return the chance that one of k answers or more passes, of a case that passed so often.

    1 - C(n - passed, k) / C(n, k): over all draws of k of the n answers, and so without bias.
    Raises ``ValueError`` unless 0 <= passed <= n and 1 <= k <= n.

    Source: Chen et al. (2021), arXiv:2107.03374, equation 1.
    """
    _check(n, passed, k)
    return 1 - comb(n - passed, k) / comb(n, k)


def pass_hat_k(n: int, passed: int, k: int) -> float:
    """Return the chance that all of k answers pass: C(passed, k) / C(n, k), pass^k.

    Raises ``ValueError`` unless 0 <= passed <= n and 1 <= k <= n.

    Source: Yao et al. (2024), arXiv:2406.12045 (tau-bench), section 4.
    """
    _check(n, passed, k)
    return comb(passed, k) / comb(n, k)


def discordance(n: int, passed: int) -> float:
    """Return the chance that two answers to one case disagree: 2 passed (n - passed) / n(n - 1).

    Without bias; its mean over cases is the share of cases that two equal runs flip. Raises
    ``ValueError`` for fewer than 2 answers.
    """
    _check(n, passed, 2)
    return 2 * passed * (n - passed) / (n * (n - 1))


def _check(n: int, passed: int, k: int) -> None:
    if not 0 <= passed <= n or not 1 <= k <= n:
        raise ValueError(f"{passed} of {n} passed says nothing of {k} answers.")
