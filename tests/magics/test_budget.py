"""``%llm_budget`` and ``%llm_cost`` in a real shell, and what a cell's line says of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from llmops_magics.cost.notice import BudgetWarning
from llmops_magics.cost.scope import CurrentNotebook
from llmops_magics.errors import BudgetExceededError

ASK = "%prompt run geo/capital country=France --model openai/gpt-4.1-mini"


@pytest.fixture
def asked(capital):
    capital.ok(ASK)
    return capital


def test_set_list_show_remove(shell):
    made = shell.ok("%llm_budget set 5 --per week --warn 50,80 --action warn").value
    assert (made.budget.name, made.budget.limit_usd, made.budget.warn) == (
        "workspace/week", 5, (50, 80),
    )  # fmt: skip
    shell.ok("%llm_budget set 0.50 --scope prompt:geo/capital")
    listed = shell.ok("%llm_budget").value
    assert [s.budget.name for s in listed.budgets] == ["prompt:geo/capital/day", "workspace/week"]
    assert shell.ok("%llm_budget show workspace/week").value.spent_usd == 0
    assert shell.ok("%llm_budget remove workspace/week").value.change == "removed"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("set many", "no amount of US dollars"),
        ("set -1", "%llm_budget set"),
        ("set 0", "cannot be"),
        ("set 5 --warn a,b", "no list of percentages"),
        ("set 5 --warn 120", "cannot be"),
        ("set 5 --scope team", "nothing a budget can be for"),
        ("set 5 --scope notebook", "which notebook"),
        ("show workspace/day", "there is no budget"),
        ("remove nothing", "there is no budget"),
        ("give 5", "there is no operation"),
    ],
)
def test_a_bad_line_is_one_red_line(shell, line, said):
    assert said in shell.refused(f"%llm_budget {line}")


def test_a_notebook_has_its_own(shell):
    shell.ip.user_ns["__session__"] = "/work/a.ipynb"
    shell.ok("1")
    assert CurrentNotebook.name == "a.ipynb"
    made = shell.ok("%llm_budget set 5 --scope notebook").value
    assert made.budget.name == "notebook:a.ipynb/day"
    del shell.ip.user_ns["__session__"]


def test_a_blocking_budget_stops_calls_with_its_own_error(asked):
    asked.ok("%llm_budget set 0.0001")
    said = asked.refused(ASK)
    assert "of the budget workspace/day ($0.0001) only" in said
    assert "It renews at" in said
    code = "import llmops_magics\nllmops_magics.ask('geo/capital', country='x', "
    shown = asked.run(code + "model='openai/gpt-4.1-mini')")
    assert isinstance(shown.result.error_in_exec, BudgetExceededError)


def test_costs_are_reported_and_stand_in_the_cells_line(asked):
    asked.ok("%llm_budget set 0.000001 --action warn")
    with pytest.warns(BudgetWarning):
        shown = asked.ok(ASK)
    line = shown.displayed[-1]["text/plain"]
    assert "today workspace $" in line
    assert "budget workspace/day: " in line
    report = asked.ok("%llm_cost --by version --since 1h --forecast").value
    assert [row.key for row in report.rows] == ["geo/capital@1"]
    assert (report.total.calls, report.total.unpriced_calls) == (2, 0)
    assert report.total.cost_usd > 0
    assert report.forecast.month_usd >= report.total.cost_usd or report.forecast.month_usd == 0
    again = asked.ok("%llm_cost --reprice").value
    assert again.total.cost_usd == report.total.cost_usd
    assert asked.ok("%llm_budget show workspace/day").value.spent_usd > Decimal(0)


@pytest.mark.parametrize(
    ("line", "said"),
    [("--by colour", "invalid choice"), ("--since soon", "is no time"), ("more", "unrecognized")],
)
def test_a_bad_report_is_one_red_line(shell, line, said):
    assert said in shell.refused(f"%llm_cost {line}")


def test_completion(shell):
    shell.ok("%llm_budget set 5")
    assert "workspace/day" in shell.complete("%llm_budget show w")
    assert "--reprice" in shell.complete("%llm_cost --re")
