"""Several comparisons made together: how much wider each interval must be."""

from __future__ import annotations


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
