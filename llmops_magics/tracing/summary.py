"""What is searched of a trace: its spans folded into one row.

Folding is the same whether spans come at once, in several batches or from several processes, and
in whatever order. Each span must be given once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from llmops_magics.tracing import semconv
from llmops_magics.tracing.failure import failure_of
from llmops_magics.tracing.trace import Span

MAX_VALUES = 50  # different models, prompts, … of one trace; more are not searched
_VALUE_CHARS = 300
_LATEST_NS = 2**63 - 1
_MOST_TOKENS = 10**12  # an endpoint that tells of more does not know
_MOST_USD = Decimal(10**12)
_FINEST_EXPONENT = -15
_FINEST_USD = Decimal(1).scaleb(_FINEST_EXPONENT)


@dataclass(frozen=True, kw_only=True)
class TraceSummary:
    """One trace, to be listed. Times are Unix nanoseconds; ``latency_ms`` is from first to last.

    ``root_id`` is None while the root has not ended, which may be for ever. ``cost_usd`` adds up
    the known prices, and is a lower bound while ``unpriced_calls`` is not 0. ``failures`` counts
    by class (``tracing.failure``) the spans where something failed, not those that an error then
    passed through; ``status`` is "error" if any span failed with an error.
    """

    trace_id: str
    root_id: str | None = None
    name: str = ""
    started_ns: int = 0
    ended_ns: int = 0
    status: str = "ok"
    spans: int = 0
    calls: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    unpriced_calls: int = 0
    cached_calls: int = 0
    cell: int | None = None
    notebook: str = ""
    models: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def latency_ms(self) -> float:
        """Milliseconds from the first start to the last end."""
        return max(0.0, (self.ended_ns - self.started_ns) / 1e6)


class TraceFold:
    """A summary that grows by spans."""

    def __init__(self, trace_id: str, before: Mapping[str, Any] | None = None) -> None:
        """Begin anew, or from the row that is stored of the trace."""
        self.row: dict[str, Any] = dict(before or _EMPTY)
        self.row["trace_id"] = trace_id
        self._cost = Decimal(self.row["cost_usd"]) if before else _NOTHING
        self._failures: dict[str, int] = json.loads(self.row["failures"]) if before else {}
        self._values: dict[str, list[str]] = {
            column: json.loads(self.row[column]) if before else [] for column in _COLUMNS
        }

    def add(self, span: Span) -> None:
        """Take in one span."""
        row, attributes = self.row, span.attributes
        ended_ns = min(_LATEST_NS, span.started_ns + round(span.duration_ms * 1e6))
        first = row["span_count"] == 0
        if first or span.started_ns < row["started_ns"]:
            row["started_ns"] = span.started_ns
            if row["root_id"] is None:
                row["name"] = span.name[:_VALUE_CHARS]
        row["ended_ns"] = ended_ns if first else max(row["ended_ns"], ended_ns)
        row["span_count"] += 1
        if span.parent_id is None:
            row["root_id"], row["name"] = span.span_id, span.name[:_VALUE_CHARS]
        if span.status == "error":
            row["error_count"] += 1
            row["status"] = "error"
        failure = failure_of(span.status, attributes)
        if failure is not None and not attributes.get(semconv.REPEATED):
            self._failures[failure] = self._failures.get(failure, 0) + 1
        if attributes.get(semconv.OPERATION) in semconv.MODEL_OPERATIONS:
            self._add_call(span)
        self._add_values(attributes)

    def finish(self) -> dict[str, Any]:
        """Return the row of the table ``trace``."""
        self.row["latency_ms"] = (self.row["ended_ns"] - self.row["started_ns"]) / 1e6
        self.row["cost_usd"] = format(self._cost, "f")
        self.row["failures"] = json.dumps(self._failures) if self._failures else "{}"
        for column, values in self._values.items():
            self.row[column] = _json(tuple(values)) if values else "[]"
        return self.row

    def _add_call(self, span: Span) -> None:
        row, attributes = self.row, span.attributes
        cost = _money(attributes.get(semconv.COST_USD))
        row["call_count"] += 1
        row["input_tokens"] += _count(attributes.get(semconv.INPUT_TOKENS))
        row["output_tokens"] += _count(attributes.get(semconv.OUTPUT_TOKENS))
        row["cached_calls"] += bool(attributes.get(semconv.CACHE_HIT))
        if cost is not None:
            self._cost += cost
        elif span.status != "error" or attributes.get(semconv.ERROR_TYPE) == "CancelledError":
            row["unpriced_calls"] += 1  # a call that was cancelled may have been billed

    def _add_values(self, attributes: Mapping[str, Any]) -> None:
        for attribute, column in _ATTRIBUTES:
            value = attributes.get(attribute)
            if value is None or value == "":
                continue
            known, text = self._values[column], str(value)[:_VALUE_CHARS]
            if text not in known and len(known) < MAX_VALUES:
                known.append(text)
        if notebook := attributes.get(semconv.NOTEBOOK):
            self.row["notebook"] = str(notebook)[:_VALUE_CHARS]
        number = attributes.get(semconv.CELL_NUMBER)
        if isinstance(number, int) and not isinstance(number, bool):
            self.row["cell"] = number if abs(number) < 2**31 else None


_ATTRIBUTES = (
    (semconv.REQUEST_MODEL, "models"),
    (semconv.PROMPT_REF, "prompts"),
    (semconv.RUN_ID, "runs"),
    (semconv.SESSION_ID, "sessions"),
    (semconv.CONVERSATION_ID, "sessions"),
    (semconv.USER_ID, "users"),
)
_COLUMNS = ("models", "prompts", "runs", "sessions", "users")


def fold(spans: Iterable[Span], before: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of the traces that spans belong to; ``before`` are those that are stored."""
    folds: dict[str, TraceFold] = {}
    for span in spans:
        found = folds.get(span.trace_id)
        if found is None:
            found = folds[span.trace_id] = TraceFold(span.trace_id, before.get(span.trace_id))
        found.add(span)
    return [found.finish() for found in folds.values()]


def summary_from_row(row: Mapping[str, Any]) -> TraceSummary:
    """Read a row of the table ``trace``."""
    fields: dict[str, Any] = {name: row[name] for name in _SAME}
    fields |= {column: tuple(json.loads(row[column])) for column in _COLUMNS}
    return TraceSummary(
        **fields,
        spans=row["span_count"],
        calls=row["call_count"],
        errors=row["error_count"],
        cost_usd=Decimal(row["cost_usd"]),
        failures=json.loads(row["failures"]),
    )


_SAME = (
    *("trace_id", "root_id", "name", "started_ns", "ended_ns", "status", "cell", "notebook"),
    *("input_tokens", "output_tokens", "unpriced_calls", "cached_calls"),
)
_COUNTS = (
    *("started_ns", "ended_ns", "span_count", "call_count", "error_count"),
    *("input_tokens", "output_tokens", "unpriced_calls", "cached_calls"),
)


_NOTHING = Decimal(0)
_EMPTY: Mapping[str, Any] = {
    "trace_id": "",
    "root_id": None,
    "name": "",
    "status": "ok",
    "latency_ms": 0.0,
    "cost_usd": "0",
    "cell": None,
    "notebook": "",
    "failures": "{}",
    **dict.fromkeys(_COUNTS, 0),
    **dict.fromkeys(_COLUMNS, "[]"),
}


@lru_cache(maxsize=500)  # the same few lists come again and again
def _json(values: tuple[str, ...]) -> str:
    return json.dumps(values)


def _count(value: Any) -> int:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if is_count and 0 < value <= _MOST_TOKENS else 0


def _money(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) >= _MOST_USD:
        return None
    exponent = amount.as_tuple().exponent
    is_fine = isinstance(exponent, int) and exponent < _FINEST_EXPONENT
    return amount.quantize(_FINEST_USD) if is_fine else amount
