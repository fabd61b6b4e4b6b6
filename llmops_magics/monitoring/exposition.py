"""The stored calls as text that Prometheus scrapes (text format 0.0.4).

Everything is counted from all stored spans and from what stays of pruned ones, so that a counter
only grows between two scrapes. Of hours and days past only the sums are read (``tracing.past``).
Units stand in the names, in Prometheus's base units.

Source: the Prometheus documentation, "Exposition formats" and "Metric and label naming".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from llmops_magics.monitoring.aggregate import NOWHERE
from llmops_magics.monitoring.record import STATES, Monitor
from llmops_magics.monitoring.window import SECOND_NS
from llmops_magics.storage.store import Store
from llmops_magics.tracing.call import read_calls
from llmops_magics.tracing.day import BOUNDS_S, Day, pruned_days
from llmops_magics.tracing.past import keep_past, read_past, sum_calls

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

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

    def add(self, counts: Mapping[str, int], sum_ms: float) -> None:
        """Add what was counted: a bucket holds what is at most its bound."""
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


class Exposition:
    """Adds up sums of calls; ``text`` is what is scraped."""

    def __init__(self) -> None:
        self._last_ns = 0
        self._calls: Counter[Labels] = Counter()
        self._refused: Counter[Labels] = Counter()
        self._failures: Counter[Labels] = Counter()
        self._tokens: Counter[Labels] = Counter()
        self._cost: dict[Labels, Decimal] = defaultdict(Decimal)
        self._counts: dict[str, Counter[Labels]] = {name: Counter() for name in _COUNTS}
        self._durations: dict[Labels, _Histogram] = defaultdict(_Histogram)
        self._first_tokens: dict[Labels, _Histogram] = defaultdict(_Histogram)

    def add_day(self, day: Day) -> None:
        """Count the calls of a day, or of a part of one."""
        self._last_ns = max(self._last_ns, day.number("last_ns"))
        if refused := day.number("refused"):
            self._refused[_labels(day)] += refused
        if not day.number("calls"):
            return
        served, labels = _served(day), _labels(day)
        errors, cancelled = day.number("errors"), day.number("cancelled")
        answered = day.number("calls") - errors - cancelled
        for status, number in (("ok", answered), ("error", errors), ("cancelled", cancelled)):
            if number:
                self._calls[(*labels, ("status", status))] += number
        for failure, number in day.body.get("failures", {}).items():
            self._failures[(*served, ("failure", failure))] += number
        for direction in ("input", "output"):
            tokens = day.number(f"{direction}_tokens")
            self._tokens[(*labels, ("direction", direction))] += tokens
        self._cost[labels] += day.money("cost_usd")
        for name, counts in self._counts.items():
            counts[labels] += day.number("cached_calls" if name == "cache_hits" else name)
        for found, name in ((self._durations, "duration"), (self._first_tokens, "first_token")):
            bounds, sum_ms = day.body.get(f"{name}_bounds", {}), day.body.get(f"{name}_ms", 0.0)
            found[served].add(bounds, sum_ms)

    def text(self, monitors: Sequence[Monitor] = ()) -> str:
        """Return every family with its HELP and TYPE; families without samples are left out."""
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
        yield _counter(
            "refused_calls", "Calls never sent: a budget or spending cap refused.", self._refused
        )
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
    keep_past(store)
    with store.read() as connection:
        for day in pruned_days(connection):
            counted.add_day(day)
        past = read_past(connection)
        for day in past.served():
            counted.add_day(day)
        for start_ns, end_ns in past.rest:
            for sums in sum_calls(read_calls(connection, start_ns, end_ns)):
                counted.add_day(sums)
    return counted.text(monitors)


_COUNTS = {
    "unpriced_calls": "Answered calls whose price is unknown: the cost lacks them.",
    "cache_hits": "Calls that were answered from the cache.",
    "retries": "Tries after the first.",
}


def _served(day: Day) -> Labels:
    return (("model", day.model or NOWHERE), ("purpose", day.purpose or NOWHERE))


def _labels(day: Day) -> Labels:
    return (*_served(day), ("prompt", day.prompt.partition("@")[0] or NOWHERE))


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
