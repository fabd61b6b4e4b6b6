"""The stored calls as text that Prometheus scrapes (text format 0.0.4).

Everything is counted from all stored spans and from what stays of pruned ones, so that a counter
only grows between two scrapes. Units stand in the names, in Prometheus's base units.

Source: the Prometheus documentation, "Exposition formats" and "Metric and label naming".
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from llmops_magics.monitoring.aggregate import NOWHERE
from llmops_magics.monitoring.reader import Call, Kind, calls
from llmops_magics.monitoring.record import STATES, Monitor
from llmops_magics.monitoring.window import SECOND_NS, Window
from llmops_magics.storage.store import Store
from llmops_magics.tracing.day import BOUNDS_S, Day, pruned_days

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ALL = Window(start_ns=0, end_ns=2**63 - 1)

Labels = tuple[tuple[str, str], ...]


class _Family(NamedTuple):
    """One metric: its name, type, what it is, and its samples."""

    name: str
    type: str
    help: str
    samples: Iterable[tuple[str, Labels, float | Decimal]]  # suffix, labels, value


class _Histogram:
    """Counts by bucket, and the sum."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._sum = 0.0

    def add(self, milliseconds: Iterable[float]) -> None:
        """Count values; a bucket holds what is at most its bound."""
        for value_ms in milliseconds:
            self._counts[bisect_left(BOUNDS_S, value_ms / 1000)] += 1
            self._sum += value_ms / 1000

    def add_counted(self, counts: Mapping[str, int], sum_ms: float) -> None:
        """Add what was counted under the same bounds."""
        for place, count in counts.items():
            self._counts[int(place)] += count
        self._sum += sum_ms / 1000

    def samples(self, labels: Labels) -> Iterator[tuple[str, Labels, float]]:
        """Yield the buckets, each with all below it, then sum and count; nothing for no values."""
        if not any(self._counts):
            return
        total = 0
        for bound, count in zip((*map(_number, BOUNDS_S), "+Inf"), self._counts, strict=True):
            total += count
            yield "_bucket", (*labels, ("le", bound)), total
        yield "_sum", labels, round(self._sum, 9)
        yield "_count", labels, total


class _Sums:
    """What the calls of one sort add up to: labels are put on once a sort, not once a call."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.input_tokens = self.output_tokens = 0
        self.cost_usd = Decimal(0)
        self.unpriced_calls = self.cache_hits = self.retries = 0
        self.durations_ms = array("d")
        self.first_tokens_ms = array("d")

    def add(self, call: Call) -> None:
        """Count one call."""
        was_cancelled = call.kind.was_cancelled
        status = "cancelled" if was_cancelled else "error" if call.is_error else "ok"
        self.statuses[status] += 1
        self.input_tokens += call.input_tokens or 0
        self.output_tokens += call.output_tokens or 0
        if call.cost_usd is not None:
            self.cost_usd += call.cost_usd
        elif status != "error":
            self.unpriced_calls += 1
        self.retries += call.retries
        if call.is_cached:
            self.cache_hits += 1
        elif not was_cancelled:
            self.durations_ms.append(call.duration_ms)
            if call.first_token_ms is not None:
                self.first_tokens_ms.append(call.first_token_ms)


class Exposition:
    """Counts calls as they come; ``text`` is what is scraped."""

    def __init__(self) -> None:
        self._sums: dict[Kind, _Sums] = defaultdict(_Sums)
        self._last_ns = 0
        self._calls: Counter[Labels] = Counter()
        self._failures: Counter[Labels] = Counter()
        self._tokens: Counter[Labels] = Counter()
        self._cost: dict[Labels, Decimal] = defaultdict(Decimal)
        self._counts: dict[str, Counter[Labels]] = {name: Counter() for name in _COUNTS}
        self._durations: dict[Labels, _Histogram] = defaultdict(_Histogram)
        self._first_tokens: dict[Labels, _Histogram] = defaultdict(_Histogram)

    def add(self, call: Call) -> None:
        """Count one call."""
        self._sums[call.kind].add(call)
        self._last_ns = max(self._last_ns, call.started_ns)

    def add_day(self, day: Day) -> None:
        """Count the calls of a day whose spans were pruned."""
        served = _served(day.model, day.purpose)
        labels = (*served, ("prompt", day.prompt.partition("@")[0] or NOWHERE))
        errors, cancelled = day.number("errors"), day.number("cancelled")
        answered = day.number("calls") - errors - cancelled
        for status, number in (("ok", answered), ("error", errors), ("cancelled", cancelled)):
            if number:
                self._calls[(*labels, ("status", status))] += number
        for failure, number in day.body["failures"].items():
            self._failures[(*served, ("failure", failure))] += number
        for direction in ("input", "output"):
            tokens = day.number(f"{direction}_tokens")
            self._tokens[(*labels, ("direction", direction))] += tokens
        self._cost[labels] += day.money("cost_usd")
        for name, counts in self._counts.items():
            counts[labels] += day.number("cached_calls" if name == "cache_hits" else name)
        for found, name in ((self._durations, "duration"), (self._first_tokens, "first_token")):
            bounds, sum_ms = day.body.get(f"{name}_bounds", {}), day.body.get(f"{name}_ms", 0.0)
            found[served].add_counted(bounds, sum_ms)

    def _label(self) -> None:
        """Put labels on what was counted."""
        for kind, sums in self._sums.items():
            served = _served(kind.model, kind.purpose)
            labels = (*served, ("prompt", kind.prompt_ref.partition("@")[0] or NOWHERE))
            for status, number in sums.statuses.items():
                self._calls[(*labels, ("status", status))] += number
            if kind.failure is not None and not kind.was_cancelled:
                self._failures[(*served, ("failure", kind.failure))] += sums.statuses.total()
            self._tokens[(*labels, ("direction", "input"))] += sums.input_tokens
            self._tokens[(*labels, ("direction", "output"))] += sums.output_tokens
            self._cost[labels] += sums.cost_usd
            for name, counts in self._counts.items():
                counts[labels] += getattr(sums, name)
            self._durations[served].add(sums.durations_ms)
            self._first_tokens[served].add(sums.first_tokens_ms)
        self._sums.clear()

    def text(self, monitors: Sequence[Monitor] = ()) -> str:
        """Return every family with its HELP and TYPE; families without samples are left out."""
        self._label()
        lines: list[str] = []
        for family in self._families(monitors):
            samples = [_line(family.name, *sample) for sample in family.samples]
            if samples:
                lines.append(f"# HELP {family.name} {_help(family.help)}")
                lines.append(f"# TYPE {family.name} {family.type}")
                lines += samples
        return "\n".join([*lines, ""]) if lines else ""

    def _families(self, monitors: Sequence[Monitor]) -> Iterator[_Family]:
        yield _counter("calls", "Model calls, by how they ended.", self._calls)
        yield _counter("call_failures", "Failures of model calls, by class.", self._failures)
        yield _histogram(
            "call_duration_seconds",
            "How long calls to an endpoint took, failed ones included, cache hits left out.",
            self._durations,
        )
        yield _histogram(
            "time_to_first_token_seconds",
            "How long streamed calls took to their first token.",
            self._first_tokens,
        )
        yield _counter("tokens", "Tokens of model calls, where the endpoint told.", self._tokens)
        yield _counter("cost_usd", "Known cost in US dollars; see unpriced calls.", self._cost)
        for name, words in _COUNTS.items():
            yield _counter(name, words, self._counts[name])
        last: dict[Labels, float] = {(): self._last_ns / SECOND_NS} if self._last_ns else {}
        yield _gauge("last_call_timestamp_seconds", "When the newest call began.", last)
        states: dict[Labels, float] = {
            (("monitor", monitor.name), ("state", state)): float(monitor.state == state)
            for monitor in monitors
            for state in STATES
        }
        yield _gauge("monitor_state", "The state of each monitor: 1 for the one it is in.", states)


def exposition(store: Store, monitors: Sequence[Monitor] = ()) -> str:
    """Return the text of all calls, pruned ones too, and of these monitors."""
    counted = Exposition()
    with store.read() as connection:
        for day in pruned_days(connection):
            counted.add_day(day)
    for batch in calls(store, _ALL):
        for call in batch:
            counted.add(call)
    return counted.text(monitors)


_COUNTS = {
    "unpriced_calls": "Answered calls whose price is unknown: the cost lacks them.",
    "cache_hits": "Calls that were answered from the cache.",
    "retries": "Tries after the first.",
}


def _served(model: str, purpose: str) -> Labels:
    return (("model", model or NOWHERE), ("purpose", purpose or NOWHERE))


def _counter(name: str, words: str, values: Mapping[Labels, float | Decimal]) -> _Family:
    return _Family(f"llmops_{name}_total", "counter", words, _samples(values))


def _gauge(name: str, words: str, values: Mapping[Labels, float]) -> _Family:
    return _Family(f"llmops_{name}", "gauge", words, _samples(values))


def _histogram(name: str, words: str, values: Mapping[Labels, _Histogram]) -> _Family:
    samples = [sample for labels in sorted(values) for sample in values[labels].samples(labels)]
    return _Family(f"llmops_{name}", "histogram", words, samples)


def _samples(
    values: Mapping[Labels, float] | Mapping[Labels, float | Decimal],
) -> list[tuple[str, Labels, float | Decimal]]:
    return [("", labels, values[labels]) for labels in sorted(values)]


def _line(name: str, suffix: str, labels: Labels, value: float | Decimal) -> str:
    written = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    return f"{name}{suffix}{{{written}}} {_number(value)}" if labels else f"{name} {_number(value)}"


def _number(value: float | Decimal) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(int(value)) if value == int(value) else repr(float(value))


def _escaped(text: str) -> str:
    """Escape a label's value; a lone half of a character cannot be sent as UTF-8."""
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
