"""What the calls of past hours and days add up to, kept so that reports need not read their spans.

A million spans take seconds to read, and the sums of their days milliseconds. The sums are made of
the spans when a report first needs them, for every hour or day that is over. They are never stale:
who adds or forgets a span drops the sums of its period in that transaction, and sums are only kept
if their claim, put down before the spans were read, still stands. Money is what was known when the
calls were made; calls are priced anew from their spans, which stay.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from llmops_magics.errors import StoreError
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import call_period
from llmops_magics.tracing.call import Call, Kind, read_calls
from llmops_magics.tracing.day import BOUNDS_S, Day
from llmops_magics.tracing.period import HOUR_NS, Period, drop_named, whole_periods
from llmops_magics.tracing.summary_table import LOCK

LATEST_NS: Final = 2**63 - 1
_CHUNK = 400  # bound values a statement
_SUMS = select(call_period.c.period, call_period.c.body).where(
    call_period.c.period.in_(bindparam("periods", expanding=True)), call_period.c.body.is_not(None)
)
_COUNTS = (
    *("calls", "errors", "cancelled", "refused", "cached_calls", "unpriced_calls", "retries"),
    *("input_tokens", "output_tokens", "cached_input_tokens", "unmetered_calls"),
)


class Past(NamedTuple):
    """What is kept of hours and days, and the stretches (ns) whose calls are still to be read."""

    kept: tuple[tuple[str, Mapping[str, Any]], ...]  # by day
    rest: tuple[tuple[int, int], ...]

    def served(self) -> Iterator[Day]:
        """Yield the sums by model, prompt (all its versions) and purpose."""
        for day, body in self.kept:
            for model, prompt, purpose, sums in body["served"]:
                yield Day(day, model, prompt, "", purpose, sums)

    def costs(self, by: str) -> Iterator[tuple[str, Costs]]:
        """Yield a key of one of ``COST_KEYS`` and what its calls have cost."""
        for day, body in self.kept:
            for key, *figures in body["costs"][by]:
                yield day if by == "day" else key, Costs(*figures)


class Costs(NamedTuple):
    """What some calls have cost; money is decimal text."""

    calls: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    cost_usd: str
    unpriced_calls: int
    cached_calls: int
    saved_usd: str


COST_KEYS: Mapping[str, Callable[[Kind, str], str]] = {
    "model": lambda kind, _: kind.model,
    "prompt": lambda kind, _: kind.prompt_ref.partition("@")[0],
    "version": lambda kind, _: kind.prompt_ref,
    "notebook": lambda _, notebook: notebook,
    "purpose": lambda kind, _: kind.purpose,
    "day": lambda *_: "",
}


def keep_past(store: Store, start_ns: int = 0, *, now_ns: int | None = None) -> None:
    """Add up the hours and days since a moment that are over, where that was not done yet.

    A store that cannot be written is left as it is: what is not kept is read from its spans.
    """
    try:
        with store.read() as connection:
            periods = list(whole_periods(connection, start_ns, _over_ns(now_ns)))
            kept = _kept(connection, periods)
        missing = [period for period in periods if period.name not in kept]
        if missing:
            _keep(store, missing)
    except StoreError:
        return


def read_past(connection: Connection, start_ns: int = 0, *, now_ns: int | None = None) -> Past:
    """Return what is kept of the time since a moment, and what is not: of one transaction."""
    periods = list(whole_periods(connection, start_ns, _over_ns(now_ns)))
    kept = _kept(connection, periods)
    rest: list[tuple[int, int]] = []
    end_ns = start_ns  # of what is kept
    open_ns = start_ns if start_ns % HOUR_NS else None  # where what is not kept begins
    for period in periods:
        if period.name not in kept:
            open_ns = period.start_ns if open_ns is None else open_ns
            continue
        if open_ns is not None:
            rest.append((open_ns, period.start_ns))
        open_ns, end_ns = None, period.end_ns
    rest.append((end_ns if open_ns is None else open_ns, LATEST_NS))
    there = (period for period in periods if period.name in kept)
    return Past(tuple((p.name[:10], kept[p.name]) for p in there), tuple(rest))


def sum_calls(batches: Iterable[Iterable[Call]]) -> Iterator[Day]:
    """Yield the sums of calls by model, prompt and purpose, of no day."""
    for (model, prompt, purpose), sums in _served(_tally(batches)).items():
        yield Day("", model, prompt, "", purpose, sums.body())


def _over_ns(now_ns: int | None) -> int:
    return (time.time_ns() if now_ns is None else now_ns) // HOUR_NS * HOUR_NS


def _kept(connection: Connection, periods: Sequence[Period]) -> dict[str, Mapping[str, Any]]:
    """Return the sums that are kept, by the name of their period."""
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(periods), _CHUNK):
        names = [period.name for period in periods[start : start + _CHUNK]]
        rows = connection.execute(_SUMS, {"periods": names})
        found |= {row.period: row.body for row in rows}
    return found


def _keep(store: Store, periods: Sequence[Period]) -> None:
    claim = uuid4().hex
    with store.write(lock=LOCK) as connection:
        drop_named(connection, (period.name for period in periods))
        rows = [{"period": period.name, "claim": claim} for period in periods]
        connection.execute(insert(call_period), rows)
    with store.read() as connection:
        found = [(period.name, _sums(connection, period)) for period in periods]
    with store.write(lock=LOCK) as connection:
        for name, body in found:
            is_true = and_(call_period.c.period == name, call_period.c.claim == claim)
            connection.execute(update(call_period).where(is_true).values(body=body))


def _sums(connection: Connection, period: Period) -> dict[str, Any]:
    """Return what is kept of a period: few sums by each key, not many by all of them together."""
    batches = read_calls(connection, period.start_ns, period.end_ns, with_notebook=True)
    tallied = _tally(batches)
    costs: dict[str, dict[str, _Sums]] = {by: defaultdict(_Sums) for by in COST_KEYS}
    for (kind, notebook), sums in tallied.items():
        for by, key_of in COST_KEYS.items():
            costs[by][key_of(kind, notebook)].add_cost(sums)
    return {
        "served": [[*key, sums.body()] for key, sums in _served(tallied).items()],
        "costs": {
            by: [[key, *sums.costs()] for key, sums in found.items() if sums.counts["calls"]]
            for by, found in costs.items()
        },
    }


def _tally(batches: Iterable[Iterable[Call]]) -> Mapping[tuple[Kind, str], _Sums]:
    found: defaultdict[tuple[Kind, str], _Sums] = defaultdict(_Sums)
    for batch in batches:
        for call in batch:
            found[call.kind, call.notebook].add(call)
    return found


def _served(tallied: Mapping[tuple[Kind, str], _Sums]) -> Mapping[tuple[str, str, str], _Sums]:
    found: defaultdict[tuple[str, str, str], _Sums] = defaultdict(_Sums)
    for (kind, _), sums in tallied.items():
        key = (kind.model, kind.prompt_ref.partition("@")[0], kind.purpose)
        found[key].merge(kind, sums)
    return found


class _Sums:
    """What some calls add up to."""

    __slots__ = (
        *("bounds", "cost_usd", "counts", "failures", "first_bounds", "last_ns", "ms", "saved_usd"),
    )

    def __init__(self) -> None:
        self.counts = dict.fromkeys(_COUNTS, 0)
        self.cost_usd = self.saved_usd = Decimal(0)
        self.ms = [0.0, 0.0]  # until the answer, until the first token
        self.bounds = [0] * (len(BOUNDS_S) + 1)
        self.first_bounds = [0] * (len(BOUNDS_S) + 1)
        self.failures: Counter[str] = Counter()
        self.last_ns = 0

    def add(self, call: Call) -> None:
        """Count one call."""
        kind, counts = call.kind, self.counts
        if kind.was_refused:
            counts["refused"] += 1
            return
        has_failed = call.is_error and not kind.was_cancelled
        counts["calls"] += 1
        counts["errors"] += has_failed
        counts["cancelled"] += kind.was_cancelled
        counts["cached_calls"] += call.is_cached
        counts["retries"] += call.retries
        counts["input_tokens"] += call.input_tokens or 0
        counts["output_tokens"] += call.output_tokens or 0
        counts["cached_input_tokens"] += call.cached_input_tokens or 0
        if call.input_tokens is None and not call.is_cached and not has_failed:
            counts["unmetered_calls"] += 1
        if call.cost_usd is not None:
            self.cost_usd += call.cost_usd
        elif not has_failed:
            counts["unpriced_calls"] += 1
        if call.saved_usd is not None:
            self.saved_usd += call.saved_usd
        self.last_ns = max(self.last_ns, call.started_ns)
        if not call.is_cached and not kind.was_cancelled:
            self._time(call)

    def _time(self, call: Call) -> None:
        self.ms[0] += call.duration_ms
        self.bounds[bisect_left(BOUNDS_S, call.duration_ms / 1000)] += 1
        if call.first_token_ms is not None:
            self.ms[1] += call.first_token_ms
            self.first_bounds[bisect_left(BOUNDS_S, call.first_token_ms / 1000)] += 1

    def add_cost(self, other: _Sums) -> None:
        """Add counts and money."""
        for name, number in other.counts.items():
            if number:
                self.counts[name] += number
        self.cost_usd += other.cost_usd
        self.saved_usd += other.saved_usd

    def merge(self, kind: Kind, other: _Sums) -> None:
        """Add all of the calls of a kind."""
        self.add_cost(other)
        self.ms = [sum(pair) for pair in zip(self.ms, other.ms, strict=True)]
        self.bounds = [sum(pair) for pair in zip(self.bounds, other.bounds, strict=True)]
        pairs = zip(self.first_bounds, other.first_bounds, strict=True)
        self.first_bounds = [sum(pair) for pair in pairs]
        self.last_ns = max(self.last_ns, other.last_ns)
        if kind.failure and not kind.was_cancelled and other.counts["calls"]:
            self.failures[kind.failure] += other.counts["calls"]

    def costs(self) -> Costs:
        """Return what a cost report shows."""
        counts = {name: self.counts[name] for name in Costs._fields if name in self.counts}
        cost, saved = format(self.cost_usd, "f"), format(self.saved_usd, "f")
        return Costs(cost_usd=cost, saved_usd=saved, **counts)

    def body(self) -> dict[str, Any]:
        """Return what is scraped, named as in ``tracing.day``, noughts left out."""
        found = {
            **self.counts,
            "cost_usd": format(self.cost_usd, "f"),
            "saved_usd": format(self.saved_usd, "f"),
            "failures": dict(self.failures),
            "duration_ms": self.ms[0],
            "duration_bounds": _filled(self.bounds),
            "first_token_ms": self.ms[1],
            "first_token_bounds": _filled(self.first_bounds),
            "last_ns": self.last_ns,
        }
        return {name: value for name, value in found.items() if value}


def _filled(counts: Sequence[int]) -> dict[str, int]:
    return {str(place): count for place, count in enumerate(counts) if count}
