"""A sliding window over the last minute: what was used in it, and when there is room again.

Counted over any minute, not refilled at its start: an endpoint that keeps fixed minutes and one
that keeps a bucket as large as a minute's limit both see their limit kept.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MINUTE_S = 60.0


@dataclass(slots=True)
class Use:
    """So much was used at a moment."""

    at: float
    amount: float
    counts: bool = True


class Window:
    """At most ``limit`` in any ``span_s`` seconds; times are those of one monotonic clock."""

    def __init__(self, limit: float, span_s: float = MINUTE_S) -> None:
        self._limit = limit
        self._span_s = span_s
        self._uses: deque[Use] = deque()
        self._total = 0.0

    def wait_s(self, amount: float, now: float) -> float:
        """Return in how many seconds there is room; 0 when there is.

        What is larger than the whole limit has room in an empty window: it would never have any.
        """
        self._forget(now)
        excess = self._total + amount - self._limit
        for use in self._uses:
            if excess <= 0:
                return 0.0
            excess -= use.amount
            if excess <= 0:
                return use.at + self._span_s - now
        return self._uses[-1].at + self._span_s - now if self._uses else 0.0

    def add(self, amount: float, now: float) -> Use:
        """Note a use, which ``settle`` may correct."""
        use = Use(now, amount)
        self._uses.append(use)
        self._total += amount
        return use

    def settle(self, use: Use, amount: float) -> None:
        """Correct an estimated use by what it was."""
        if use.counts:
            self._total += amount - use.amount
            use.amount = amount

    def _forget(self, now: float) -> None:
        uses = self._uses
        while uses and uses[0].at + self._span_s <= now:
            gone = uses.popleft()
            gone.counts = False
            self._total -= gone.amount
        if not uses:
            self._total = 0.0  # no error of rounding is carried on
