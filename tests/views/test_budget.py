from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from llmops_magics.cost.budget import Budget
from llmops_magics.cost.budget_registry import BudgetList, BudgetState, PastWindow
from llmops_magics.cost.forecast import Forecast
from llmops_magics.views.budget import (
    budget_list_html,
    budget_list_text,
    budget_state_html,
    budget_state_text,
)

STATE = BudgetState(
    budget=Budget(scope="prompt:<b>geo", period="day", limit_usd=Decimal(5), warn=(50, 80)),
    window_start="2026-11-23T00:00:00.000000Z",
    renews_at="2026-11-24T00:00:00.000000Z",
    spent_usd=Decimal("4.1"),
    held_usd=Decimal("0.2"),
    estimated_usd=Decimal("0.01"),
    lapsed_usd=Decimal("0.02"),
    calls=312,
    unpriced_calls=2,
    forecast=Forecast(
        per_hour_usd=Decimal("0.5"),
        at_end_usd=Decimal("7.3"),
        breach_at="2026-11-23T18:12:00.000000Z",
    ),
    past=(
        PastWindow(
            start="2026-11-22T00:00:00.000000Z", spent_usd=Decimal(3), calls=1, breached_at=""
        ),
    ),
)


def test_a_budget_says_how_it_stands():
    text = budget_state_text(STATE)
    for shown in (text, budget_state_html(STATE)):
        assert "over 80 %" in shown
        assert "$4.10 of $5.00 spent" in shown
        assert "$0.20 held by calls under way" in shown
        assert "$0.70 left" in shown
        assert "$0.50 an hour, used up by 2026-11-23 18:12 UTC" in shown
        assert "$0.010 of it is estimated" in shown or "$0.01 of it is estimated" in shown
        assert "processes that ended in mid-call" in shown
        assert "2 calls without a known price" in shown
        assert "2026-11-22" in shown
    assert "<b>geo" not in budget_state_html(STATE)
    assert "<b>geo" in text


def test_standing_is_in_words():
    calm = replace(STATE, spent_usd=Decimal(1), forecast=None)
    assert "✓ within" in budget_state_text(calm)
    assert "✗ breached" in budget_state_text(replace(STATE, spent_usd=Decimal(5)))
    assert "removed" in budget_state_text(replace(STATE, change="removed"))


def test_a_list_has_a_row_a_budget():
    total = replace(STATE, budget=replace(STATE.budget, scope="workspace", period="total"))
    listed = BudgetList(budgets=(STATE, replace(total, renews_at="", forecast=None)))
    for shown in (budget_list_text(listed), budget_list_html(listed)):
        assert "2 budgets" in shown
        assert "workspace/total" in shown
        assert "82%" in shown
    assert "never" in budget_list_html(listed)
    assert "set 5" in budget_list_text(BudgetList(budgets=()))
    assert "set 5" in budget_list_html(BudgetList(budgets=()))
