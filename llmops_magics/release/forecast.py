"""What a prompt will cost in a month, from what its cases cost: with an interval, and a budget.

Cases stand for traffic only as far as they were drawn from it; the interval is about chance among
the cases, not about other questions that users will ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from llmops_magics.errors import UsageError
from llmops_magics.evals.run import EvalRun
from llmops_magics.record import Record
from llmops_magics.release.gate.observation import Estimate, observe
from llmops_magics.release.gate.rule import parse_rule


@dataclass(frozen=True, kw_only=True)
class CostForecast(Record):
    """Costs in US dollars and latencies in milliseconds, each with the ends of its 95% interval.

    None where a price is unknown, or there are too few cases for an end. ``budget_usd`` is
    for a month, None for none; ``rule`` is the gate rule that holds a case's cost to it.
    """

    kind: ClassVar[str] = "cost-forecast"

    prompt: str
    model: str
    cases: int
    unpriced: int
    case_usd: float | None
    case_low_usd: float | None
    case_high_usd: float | None
    cases_per_month: int
    month_usd: float | None
    month_low_usd: float | None
    month_high_usd: float | None
    budget_usd: float | None
    rule: str
    latency_p95_ms: float | None
    latency_low_ms: float | None
    latency_high_ms: float | None


def forecast(run: EvalRun, *, cases_per_month: int, budget_usd: float = 0.0) -> CostForecast:
    """Return what a run's prompt will cost; ``budget_usd`` 0 for no budget.

    The estimates are those by which a gate's rules decide. ``UsageError`` for no cases a month,
    and for a budget below 0.
    """
    if cases_per_month < 1 or budget_usd < 0:
        raise UsageError(
            f"{cases_per_month} cases a month for {budget_usd:g} USD cannot be.",
            hint="Give one case or more, and a budget of 0 (none) or more.",
        )
    per_case = observe(parse_rule("mean(cost_usd) <= 0"), run)
    latency = observe(parse_rule("p95(latency_ms) <= 0"), run).estimate
    cost = _Ends.of(per_case.estimate if not per_case.missing else None)
    month = cost.times(cases_per_month)
    slowest = _Ends.of(latency)
    return CostForecast(
        prompt=run.prompt,
        model=run.model,
        cases=run.summary.cases,
        unpriced=per_case.missing,
        case_usd=cost.value,
        case_low_usd=cost.low,
        case_high_usd=cost.high,
        cases_per_month=cases_per_month,
        month_usd=month.value,
        month_low_usd=month.low,
        month_high_usd=month.high,
        budget_usd=budget_usd or None,
        rule=f"mean(cost_usd) <= {budget_usd / cases_per_month:.10g}" if budget_usd else "",
        latency_p95_ms=slowest.value,
        latency_low_ms=slowest.low,
        latency_high_ms=slowest.high,
    )


@dataclass(frozen=True, kw_only=True)
class _Ends:
    """An estimate without ends that are infinite."""

    value: float | None = None
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, estimate: Estimate | None) -> _Ends:
        if estimate is None or estimate.value is None:
            return cls()
        return cls(value=estimate.value, low=_finite(estimate.low), high=_finite(estimate.high))

    def times(self, by: int) -> _Ends:
        def product(value: float | None) -> float | None:
            return None if value is None else value * by

        return _Ends(value=product(self.value), low=product(self.low), high=product(self.high))


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
