"""Which way is better: more of most scores, less of what is spent or leaked."""

from __future__ import annotations

MEASURES = ("latency_ms", "cost_usd", "errors")  # of every run; less of each is better
_LESS_IS_BETTER = frozenset({*MEASURES, "latency", "cost", "pii_leak", "toxicity"})


def prefers_higher(metric: str, wanted: bool | None = None, *, is_assertion: bool = False) -> bool:
    """Return what the caller says, else whether more of a metric is better.

    A scorer with a limit (``latency(max_ms=500)``) asserts, and an assertion is better when it
    holds, whatever it is about.
    """
    if wanted is not None:
        return wanted
    return metric not in _LESS_IS_BETTER or (is_assertion and metric not in MEASURES)
