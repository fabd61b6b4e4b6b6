"""What stays of calls whose spans were pruned: sums by day, model, prompt, notebook and purpose.

Counts, tokens, cost, failures by class, and latencies twice: in a histogram whose buckets grow by a
tenth, so that a percentile of an old day is known to within 5%, and counted under the fixed bounds
that are scraped, so that no counter falls when traces are pruned. Days are those of UTC.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from llmops_magics.storage.table import trace_day
from llmops_magics.tracing import semconv
from llmops_magics.tracing.failure import NEVER_SENT, failure_of
from llmops_magics.tracing.trace import Span

GROWTH = 1.1  # from one bucket of latency to the next
BOUNDS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 120.0, 300.0)
KEY: Final = ("day", "model", "prompt", "notebook", "purpose")
Key = tuple[str, str, str, str, str]
_NAME_CHARS = 300
_DAY_NS = 86_400 * 10**9
_MONEY = ("cost_usd", "saved_usd")


class Day(NamedTuple):
    """The calls of one key; ``body`` is what ``sum_days`` makes."""

    day: str
    model: str
    prompt: str
    notebook: str
    purpose: str
    body: Mapping[str, Any]

    @property
    def started_ns(self) -> int:
        """When the day began, in Unix nanoseconds."""
        return round(datetime.fromisoformat(self.day).replace(tzinfo=UTC).timestamp()) * 10**9

    def number(self, name: str) -> int:
        """Return a count."""
        return int(self.body.get(name, 0))

    def money(self, name: str) -> Decimal:
        """Return US dollars."""
        return Decimal(self.body.get(name, "0"))


def pruned_days(connection: Connection, since_ns: int = 0) -> Iterator[Day]:
    """Yield the sums of the days that began at or after a moment, by day."""
    first = datetime.fromtimestamp(-(-since_ns // _DAY_NS) * 86_400, UTC).strftime("%Y-%m-%d")
    query = select(*(trace_day.c[name] for name in KEY), trace_day.c.body)
    for row in connection.execute(query.where(trace_day.c.day >= first).order_by(trace_day.c.day)):
        yield Day(row.day, row.model, row.prompt, row.notebook, row.purpose, row.body)


def sum_days(spans: Iterable[Span], notebooks: Mapping[str, str]) -> dict[Key, dict[str, Any]]:
    """Add up the model calls among spans; ``notebooks`` names that of each trace."""
    sums: dict[Key, dict[str, Any]] = {}
    for span in spans:
        attributes = span.attributes
        if attributes.get(semconv.OPERATION) not in semconv.MODEL_OPERATIONS:
            continue
        key = (
            datetime.fromtimestamp(span.started_ns // _DAY_NS * 86_400, UTC).strftime("%Y-%m-%d"),
            called(attributes)[:_NAME_CHARS],
            str(attributes.get(semconv.PROMPT_REF) or "")[:_NAME_CHARS],
            notebooks.get(span.trace_id, ""),
            str(attributes.get(semconv.PURPOSE) or "")[:_NAME_CHARS],
        )
        body = _of_call(span)
        sums[key] = merge_days(sums[key], body) if key in sums else body
    return sums


def called(attributes: Mapping[str, Any]) -> str:
    """Name a model as ``<endpoint>/<model>``, whoever recorded it."""
    model = str(attributes.get(semconv.REQUEST_MODEL) or "")
    provider = str(attributes.get(semconv.PROVIDER) or "")
    is_named = not provider or not model or model.startswith(f"{provider}/")
    return model if is_named else f"{provider}/{model}"


def merge_days(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Add two sums up: numbers, counts by name, and money, which is decimal text."""
    return {
        name: (_sum if name in _MONEY else _plus)(one.get(name), other.get(name))
        for name in {**one, **other}
    }


def bucket(latency_ms: float) -> int:
    """Return the bucket of a latency: n holds those from ``GROWTH**n`` ms to the next."""
    return math.floor(math.log(max(latency_ms, 0.01), GROWTH))


def _of_call(span: Span) -> dict[str, Any]:
    attributes = span.attributes
    is_error = span.status == "error"
    if is_error and attributes.get(semconv.ERROR_TYPE) in NEVER_SENT:
        return {"refused": 1}
    was_cancelled = is_error and attributes.get(semconv.ERROR_TYPE) == "CancelledError"
    has_failed = is_error and not was_cancelled
    cost, saved = (_decimal(attributes.get(n)) for n in (semconv.COST_USD, semconv.SAVED_COST_USD))
    failure = None if was_cancelled else failure_of(span.status, attributes)
    is_cached = bool(attributes.get(semconv.CACHE_HIT))
    return {
        "calls": 1,
        "errors": int(has_failed),
        "cancelled": int(was_cancelled),
        "cached_calls": int(is_cached),
        "unpriced_calls": int(cost is None and not has_failed),
        "unmetered_calls": int(
            semconv.INPUT_TOKENS not in attributes and not is_cached and not has_failed
        ),
        "retries": _whole(attributes.get(semconv.RETRIES)),
        "input_tokens": _whole(attributes.get(semconv.INPUT_TOKENS)),
        "output_tokens": _whole(attributes.get(semconv.OUTPUT_TOKENS)),
        "cached_input_tokens": _whole(attributes.get(semconv.CACHED_INPUT_TOKENS)),
        "latency_ms": span.duration_ms,
        "cost_usd": format(cost or Decimal(0), "f"),
        "saved_usd": format(saved or Decimal(0), "f"),
        "failures": {failure: 1} if failure else {},
        "latency_buckets": {str(bucket(span.duration_ms)): 1},
    } | ({} if is_cached or was_cancelled else _timed(span))


def _timed(span: Span) -> dict[str, Any]:
    """Return the latencies of a call that went to an endpoint, as they are scraped."""
    found = {"duration_ms": span.duration_ms, "duration_bounds": _bound(span.duration_ms)}
    first_s = span.attributes.get(semconv.FIRST_CHUNK_S)
    if isinstance(first_s, int | float) and 0 <= first_s < math.inf:
        ms = first_s * 1000
        found |= {"first_token_ms": ms, "first_token_bounds": _bound(ms)}
    return found


def _bound(milliseconds: float) -> dict[str, int]:
    return {str(bisect_left(BOUNDS_S, milliseconds / 1000)): 1}


def _plus(one: Any, other: Any) -> Any:
    if isinstance(one, Mapping) or isinstance(other, Mapping):
        names = {**(one or {}), **(other or {})}
        return {name: (one or {}).get(name, 0) + (other or {}).get(name, 0) for name in names}
    return (one or 0) + (other or 0)


def _sum(one: Any, other: Any) -> str:
    return format(Decimal(one or "0") + Decimal(other or "0"), "f")


def _decimal(value: Any) -> Decimal | None:
    try:
        amount = None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount is None or (amount.is_finite() and amount >= 0) else None


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
