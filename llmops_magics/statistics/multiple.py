"""Several comparisons made together: how much wider each interval, how much larger each p-value."""

from __future__ import annotations

from collections.abc import Sequence


def bonferroni(confidence: float, comparisons: int) -> float:
    """Return the confidence of each of several intervals, so that all hold at ``confidence``.

    1 - (1 - confidence) / comparisons. It holds however the comparisons depend on one another:
    neighbouring steps of a history share a run. Among simultaneous corrections it is the one that
    gives intervals and not only tests (Holm's step-down has more power and no simple intervals).
    ``comparisons`` counts what may be looked at, fixed before the results are seen; 0 counts
    as 1. Raises ``ValueError`` for a confidence that is none, or a negative number.

    Source: Dunn (1961), JASA 56:52-64.
    """
    if not 0 < confidence < 1 or comparisons < 0:
        raise ValueError(f"no {comparisons} comparisons at a confidence of {confidence}.")
    return 1 - (1 - confidence) / max(comparisons, 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for all of them, in their order: each may be held against 5%.

    The smallest of m is multiplied by m, the next by m - 1 and so on; none is made smaller than
    the one before it, nor larger than 1. Then the chance of one false finding or more among all is
    at most 5%, however the tests depend on one another. Raises ``ValueError`` for a value outside
    0 to 1.

    Source: Holm (1979), Scandinavian J. of Statistics 6:65-70.
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError("a p-value lies between 0 and 1.")
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted
