"""Adding up calls as they stream by: sums, and the latencies that exact quantiles need.

Of a call 8 bytes a latency are kept, nothing else of it.
"""

from __future__ import annotations

from array import array
from collections import Counter
from decimal import Decimal
from math import floor

from llmops_magics.tracing.call import Call
from llmops_magics.tracing.day import Day

_SUMS = (
    "cache_hits", "cached_input_tokens", "calls", "cancelled", "cost_usd", "errors",
    "input_tokens", "output_tokens", "pruned_calls", "refused", "retries", "saved_usd",
    "unmetered_calls", "unpriced_calls",
)  # fmt: skip


_OF_A_DAY = (
    "cached_input_tokens", "calls", "cancelled", "errors", "input_tokens", "output_tokens",
    "refused", "retries", "unmetered_calls", "unpriced_calls",
)  # fmt: skip


class Tally:
    """What a set of calls adds up to; ``metrics.CallMetrics`` is the record of it.

    Latency is of the calls that went to an endpoint, failed ones included: a time-out is the
    slowest call there is, and an answer from the cache says nothing of the endpoint. A call that
    was cancelled by its own program is no error and has no latency; one that a budget or a spending
    cap refused was never sent, and is only counted as that.
    """

    __slots__ = (*_SUMS, "durations_ms", "failures", "first_tokens_ms", "is_sorted")

    def __init__(self) -> None:
        self.calls = self.errors = self.cancelled = self.cache_hits = self.retries = 0
        self.refused = self.pruned_calls = 0
        self.input_tokens = self.output_tokens = self.cached_input_tokens = 0
        self.unmetered_calls = self.unpriced_calls = 0
        self.cost_usd = self.saved_usd = Decimal(0)
        self.failures: Counter[str] = Counter()
        self.durations_ms = array("d")
        self.first_tokens_ms = array("d")
        self.is_sorted = False

    def add(self, call: Call) -> None:
        """Count one call."""
        if call.kind.was_refused:
            self.refused += 1
            return
        self.calls += 1
        if call.kind.was_cancelled:
            self.cancelled += 1
        else:
            self.errors += call.is_error
            if call.kind.failure is not None:
                self.failures[call.kind.failure] += 1
        self.retries += call.retries
        self._add_use(call)
        if call.is_cached:
            self.cache_hits += 1
        elif not call.kind.was_cancelled:
            self.durations_ms.append(call.duration_ms)
            if call.first_token_ms is not None:
                self.first_tokens_ms.append(call.first_token_ms)
            self.is_sorted = False

    def add_day(self, day: Day) -> None:
        """Count the calls of a day whose spans were pruned: all but their latencies."""
        for name in _OF_A_DAY:
            setattr(self, name, getattr(self, name) + day.number(name))
        self.cache_hits += day.number("cached_calls")
        self.pruned_calls += day.number("calls")
        self.cost_usd += day.money("cost_usd")
        self.saved_usd += day.money("saved_usd")
        self.failures.update(day.body.get("failures", {}))

    def _add_use(self, call: Call) -> None:
        self.input_tokens += call.input_tokens or 0
        self.output_tokens += call.output_tokens or 0
        self.cached_input_tokens += call.cached_input_tokens or 0
        # A call that was cancelled may have been answered, and billed, all the same.
        has_failed = call.is_error and not call.kind.was_cancelled
        if call.input_tokens is None and not call.is_cached and not has_failed:
            self.unmetered_calls += 1
        if call.cost_usd is not None:
            self.cost_usd += call.cost_usd
        elif not has_failed:
            self.unpriced_calls += 1
        if call.saved_usd is not None:
            self.saved_usd += call.saved_usd

    def merge(self, other: Tally) -> None:
        """Count all calls of another tally."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.failures.update(other.failures)
        self.durations_ms.extend(other.durations_ms)
        self.first_tokens_ms.extend(other.first_tokens_ms)
        self.is_sorted = False

    def latency_ms(self, q: float) -> float | None:
        """Return a quantile of the latencies, None where there are none."""
        self._sort()
        return sorted_quantile(self.durations_ms, q)

    def first_token_ms(self, q: float) -> float | None:
        """Return a quantile of the time to the first token, None where none was recorded."""
        self._sort()
        return sorted_quantile(self.first_tokens_ms, q)

    def _sort(self) -> None:
        if not self.is_sorted:
            self.durations_ms = array("d", sorted(self.durations_ms))
            self.first_tokens_ms = array("d", sorted(self.first_tokens_ms))
            self.is_sorted = True


def sorted_quantile(values: array[float], q: float) -> float | None:
    """Return the quantile of sorted values as ``statistics.quantile`` does (type 7)."""
    if not values:
        return None
    position = (len(values) - 1) * q
    below = floor(position)
    above = min(below + 1, len(values) - 1)
    return values[below] + (position - below) * (values[above] - values[below])
