"""The stored calls as text that Prometheus scrapes (text format 0.0.4).

Everything is counted from all stored spans, so that a counter only grows between two scrapes (it
falls when traces are pruned, which Prometheus takes for a restart). Units stand in the names, in
Prometheus's base units.

Source: the Prometheus documentation, "Exposition formats" and "Metric and label naming".
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from llmops_magics.monitoring.aggregate import NOWHERE
from llmops_magics.monitoring.reader import Call, calls
from llmops_magics.monitoring.record import STATES, Monitor
from llmops_magics.monitoring.window import SECOND_NS, Window
from llmops_magics.storage.store import Store

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 120.0, 300.0)
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
        self._counts = [0] * (len(BUCKETS_S) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one value; a bucket holds what is at most its bound."""
        self._counts[bisect_left(BUCKETS_S, seconds)] += 1
        self._sum += seconds

    def samples(self, labels: Labels) -> Iterator[tuple[str, Labels, float]]:
        """Yield the buckets, each with all below it, then sum and count."""
        total = 0
        for bound, count in zip((*map(_number, BUCKETS_S), "+Inf"), self._counts, strict=True):
            total += count
            yield "_bucket", (*labels, ("le", bound)), total
        yield "_sum", labels, round(self._sum, 9)
        yield "_count", labels, total


class Exposition:
    """Counts calls as they come; ``text`` is what is scraped."""

    def __init__(self) -> None:
        self._calls: Counter[Labels] = Counter()
        self._failures: Counter[Labels] = Counter()
        self._tokens: Counter[Labels] = Counter()
        self._cost: dict[Labels, Decimal] = defaultdict(Decimal)
        self._counts: dict[str, Counter[Labels]] = {name: Counter() for name in _COUNTS}
        self._durations: dict[Labels, _Histogram] = defaultdict(_Histogram)
        self._first_tokens: dict[Labels, _Histogram] = defaultdict(_Histogram)
        self._last_ns = 0

    def add(self, call: Call) -> None:
        """Count one call."""
        kind = call.kind
        served: Labels = (("model", kind.model or NOWHERE), ("purpose", kind.purpose or NOWHERE))
        labels = (*served, ("prompt", kind.prompt_ref.partition("@")[0] or NOWHERE))
        self._last_ns = max(self._last_ns, call.started_ns)
        self._calls[(*labels, ("status", _status(call)))] += 1
        if kind.failure is not None and not kind.was_cancelled:
            self._failures[(*served, ("failure", kind.failure))] += 1
        for direction, tokens in (("input", call.input_tokens), ("output", call.output_tokens)):
            self._tokens[(*labels, ("direction", direction))] += tokens or 0
        self._cost[labels] += call.cost_usd or 0
        was_refused = call.is_error and not kind.was_cancelled
        self._counts["unpriced_calls"][labels] += call.cost_usd is None and not was_refused
        self._counts["cache_hits"][labels] += call.is_cached
        self._counts["retries"][labels] += call.retries
        if not call.is_cached and not kind.was_cancelled:
            self._durations[served].add(call.duration_ms / 1000)
            if call.first_token_ms is not None:
                self._first_tokens[served].add(call.first_token_ms / 1000)

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
    """Return the text of all stored calls and of these monitors."""
    counted = Exposition()
    for batch in calls(store, _ALL):
        for call in batch:
            counted.add(call)
    return counted.text(monitors)


_COUNTS = {
    "unpriced_calls": "Answered calls whose price is unknown: the cost lacks them.",
    "cache_hits": "Calls that were answered from the cache.",
    "retries": "Tries after the first.",
}


def _status(call: Call) -> str:
    if call.kind.was_cancelled:
        return "cancelled"
    return "error" if call.is_error else "ok"


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
