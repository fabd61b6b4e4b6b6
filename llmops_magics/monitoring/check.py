"""Decide monitors: measure each over its window, and keep every change of state.

A change is decided and stored in one transaction, so that of many processes that check at once
one records it, and a check that measured earlier never overrules a later one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from llmops_magics.monitoring.aggregate import matcher
from llmops_magics.monitoring.reader import calls
from llmops_magics.monitoring.record import ALERT, NO_DATA, OK, Monitor, Observation
from llmops_magics.monitoring.rule import LATENCIES, MonitorRule, parse_rule
from llmops_magics.monitoring.tally import Tally
from llmops_magics.monitoring.window import Window, last
from llmops_magics.storage.store import Store


@dataclass(frozen=True)
class _Value:
    """What was measured, on how many calls; ``is_lower_bound`` of money with unknown prices."""

    number: float | None
    calls: int
    is_lower_bound: bool = False


def observe(
    store: Store, monitors: Sequence[Monitor], *, now_ns: int | None = None
) -> list[Observation]:
    """Measure monitors, in their order, in one pass over the longest window."""
    now = time.time_ns() if now_ns is None else now_ns
    rules = [parse_rule(monitor.rule) for monitor in monitors]
    watched = {(rule.where, rule.over_s) for rule in rules}
    tallies = {key: Tally() for key in watched}
    feeds = [
        (last(over_s, now_ns=now).start_ns, matcher(dict(where)), tallies[where, over_s])
        for where, over_s in watched
    ]
    if rules:
        longest = last(max(rule.over_s for rule in rules), now_ns=now)
        for batch in calls(store, longest):
            for start_ns, is_wanted, tally in feeds:
                for call in batch:
                    if call.started_ns >= start_ns and is_wanted(call.kind):
                        tally.add(call)
    return [
        decide(
            rule, tallies[rule.where, rule.over_s], monitor.min_calls, last(rule.over_s, now_ns=now)
        )
        for rule, monitor in zip(rules, monitors, strict=True)
    ]


def decide(rule: MonitorRule, tally: Tally, min_calls: int, window: Window) -> Observation:
    """Return the state that a tally means for a rule, and why."""
    value = _measure(rule, tally)
    state, reason = _state(rule, value, min_calls)
    return Observation(
        state=state,
        value=value.number,
        calls=value.calls,
        reason=reason,
        since=window.since,
        until=window.until,
        is_lower_bound=value.is_lower_bound,
    )


def _state(rule: MonitorRule, value: _Value, min_calls: int) -> tuple[str, str]:
    if rule.needs_many and value.calls < max(min_calls, 1):
        return NO_DATA, f"measured on {value.calls}, and at least {max(min_calls, 1)} are asked for"
    if value.number is None:
        return NO_DATA, "nothing was measured"
    alerts = rule.alerts(value.number)
    # What is missing can only add to a lower bound: it decides where more would not change it.
    is_open = value.is_lower_bound and alerts == rule.comparison.startswith("<")
    if is_open:
        return NO_DATA, "calls without a known price leave it open"
    return (ALERT, "beyond the bound") if alerts else (OK, "within the bound")


def _measure(rule: MonitorRule, tally: Tally) -> _Value:
    if rule.subject in LATENCIES:
        return _latency(rule, tally)
    if rule.subject == "calls":
        return _Value(tally.calls, tally.calls)
    if rule.subject == "cost_usd":
        return _Value(float(tally.cost_usd), tally.calls, tally.unpriced_calls > 0)
    if rule.subject == "cache_hit_rate":
        return _share(tally.cache_hits, tally.calls)
    counted = tally.calls - tally.cancelled
    is_error = rule.subject == "error_rate"
    return _share(tally.errors if is_error else tally.failures[rule.statistic], counted)


def _share(part: int, whole: int) -> _Value:
    return _Value(part / whole if whole else None, whole)


def _latency(rule: MonitorRule, tally: Tally) -> _Value:
    is_first = rule.subject == "first_token_ms"
    values = tally.first_tokens_ms if is_first else tally.durations_ms
    quantile = {"max": 1.0}.get(rule.statistic, rule.quantile)
    if quantile is None:
        return _Value(sum(values) / len(values) if values else None, len(values))
    number = tally.first_token_ms(quantile) if is_first else tally.latency_ms(quantile)
    return _Value(number, len(values))
