"""How old something is, in percentiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from llmops_magics.record import parse_time
from llmops_magics.statistics.quantile import quantile


@dataclass(frozen=True, kw_only=True)
class Ages:
    """Ages in seconds: ``n`` are known, ``unknown`` are not. No percentile of none."""

    n: int = 0
    unknown: int = 0
    p50_s: float | None = None
    p95_s: float | None = None
    max_s: float | None = None


def ages(times: Iterable[tuple[str | None, int]], now: datetime) -> Ages:
    """Return the ages of RFC 3339 times, each with how often it is there; None is unknown.

    A time that lies ahead is 0 seconds old.
    """
    known: list[float] = []
    unknown = 0
    for time, count in times:
        if time is None:
            unknown += count
        else:
            known += [max(0.0, (now - parse_time(time)).total_seconds())] * count
    known.sort()
    if not known:
        return Ages(unknown=unknown)
    return Ages(
        n=len(known),
        unknown=unknown,
        p50_s=quantile(known, 0.5),
        p95_s=quantile(known, 0.95),
        max_s=known[-1],
    )
