"""Costs and budgets for the views' tests, each text of them the one given."""

from __future__ import annotations

from decimal import Decimal

from llmops_magics.cost.budget import Budget
from llmops_magics.cost.budget_registry import BudgetList, BudgetState, PastWindow
from llmops_magics.cost.forecast import Forecast
from llmops_magics.cost.report import CostReport, CostRow, SpendForecast

AT = "2030-01-31T09:15:00.000000Z"


def cost_row(t="plain", **changes):
    fields = {
        "key": t, "calls": 40, "input_tokens": 12_000, "cached_input_tokens": 3_000,
        "output_tokens": 900, "cost_usd": Decimal("0.42"), "unpriced_calls": 4, "cache_hits": 6,
        "saved_usd": Decimal("0.05"),
    }  # fmt: skip
    return CostRow(**(fields | changes))


def cost_report(t="plain", **changes):
    rows = (cost_row(t), cost_row("", cost_usd=Decimal(0), unpriced_calls=40))
    forecast = SpendForecast(
        month_usd=Decimal(9), per_day_usd=Decimal("0.43"), days=7.0, month_end_usd=Decimal(12)
    )
    fields = {
        "by": t, "since": AT, "until": t, "total": rows[0].plus(rows[1]), "rows": rows,
        "is_repriced": True, "stored_usd": Decimal("0.4"), "forecast": forecast,
    }  # fmt: skip
    return CostReport(**(fields | changes))


def budget_state(t="plain", **changes):
    budget = Budget(
        scope=f"prompt:{t}", period="day", limit_usd=Decimal(5), warn=(50, 80), action=t, actor=t,
        set_at=t,
    )  # fmt: skip
    fields = {
        "budget": budget, "window_start": t, "renews_at": t, "spent_usd": Decimal("4.1"),
        "held_usd": Decimal("0.2"), "estimated_usd": Decimal("0.01"),
        "lapsed_usd": Decimal("0.02"), "calls": 312, "unpriced_calls": 2, "breached_at": t,
        "forecast": Forecast(
            per_hour_usd=Decimal("0.5"), at_end_usd=Decimal("7.3"), breach_at=t
        ),
        "past": (PastWindow(start=t, spent_usd=Decimal(3), calls=1, breached_at=t),),
        "change": t,
    }  # fmt: skip
    return BudgetState(**(fields | changes))


def every_record(t):
    return [
        cost_report(t),
        cost_report(t, since=t, is_repriced=False),
        budget_state(t),
        budget_state(t, change="removed", renews_at=""),
        BudgetList(budgets=(budget_state(t), budget_state(t, forecast=None))),
    ]
