"""What a trace is once it is finished: spans, their tree, and what the calls in it add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from llmops_magics.record import Record


@dataclass(frozen=True, kw_only=True)
class Span:
    """One finished operation. Times are Unix nanoseconds; the duration is in milliseconds."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    started_ns: int
    duration_ms: float
    status: str  # "ok" or "error"
    attributes: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class CallTotals:
    """What a set of model calls adds up to.

    ``cost_usd`` is the sum of the known prices; ``unpriced_calls`` counts calls whose price is
    unknown, and while it is not 0 the cost is a lower bound.
    """

    calls: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    unpriced_calls: int = 0
    latency_ms: float = 0.0  # summed over the calls


@dataclass(frozen=True, kw_only=True)
class Trace(Record):
    """The spans under one root (a notebook cell, an eval run, a gate), parents first.

    ``spans`` may be cut to the first few hundred; ``span_count`` is how many there were. ``notes``
    stand in its line: what the day has cost so far, and what budgets had to say.
    """

    kind: ClassVar[str] = "trace"

    trace_id: str
    name: str
    totals: CallTotals
    wall_ms: float
    span_count: int
    spans: tuple[Span, ...] = field(default=())
    notes: tuple[str, ...] = ()
