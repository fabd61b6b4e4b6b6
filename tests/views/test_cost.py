from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from llmops_magics.cost.report import CostReport, CostRow, SpendForecast
from llmops_magics.cost.running import Today
from llmops_magics.views.cost import cost_report_html, cost_report_text, today_words

PRICED = CostRow(
    key="support/<b>answer",
    calls=900,
    input_tokens=400_000,
    cached_input_tokens=100_000,
    output_tokens=90_000,
    cost_usd=Decimal(3),
    cache_hits=40,
    saved_usd=Decimal("0.12"),
)
UNKNOWN = CostRow(key="", calls=100, unpriced_calls=100)
REPORT = CostReport(
    by="prompt",
    since="2026-11-16T10:00:00.000000Z",
    until="2026-11-23T10:00:00.000000Z",
    total=PRICED.plus(UNKNOWN),
    rows=(PRICED, UNKNOWN),
    forecast=SpendForecast(
        month_usd=Decimal(9), per_day_usd=Decimal("0.43"), days=7.0, month_end_usd=Decimal(12)
    ),
)


def test_what_is_unknown_is_never_shown_as_nothing():
    for shown in (cost_report_text(REPORT), cost_report_html(REPORT)):
        assert "at least $3.00 (100 unpriced calls)" in shown
        assert "10.0% of calls without a known price" in shown
        assert "(none)" in shown
        assert "unknown" in shown
        assert "$0.12 saved by 40 cached answers" in shown
        assert (
            "This month: $9.00 so far; at $0.43 a day (the last 7 days) it ends at $12.00." in shown
        )
        assert "--reprice" in shown
    assert "<b>answer" not in cost_report_html(REPORT)


def test_a_repriced_report_says_what_was_known_then():
    again = replace(REPORT, is_repriced=True, stored_usd=Decimal(2))
    assert "by the prices of now" in cost_report_text(again)
    assert "When the calls were made, $2.00 of it was known." in cost_report_text(again)


def test_an_empty_report():
    empty = replace(REPORT, since="", total=CostRow(), rows=(), forecast=None)
    assert "No model calls" in cost_report_text(empty)
    assert "No model calls" in cost_report_html(empty)


def test_the_totals_of_a_day_for_a_cells_line():
    today = Today(Decimal("0.5"), Decimal(2))
    assert today_words(today, has_notebook=True) == "today notebook $0.50, workspace $2.00"
    assert today_words(today, has_notebook=False) == "today workspace $2.00"
    assert today_words(Today(Decimal(0), Decimal(0)), has_notebook=True) == ""


def test_columns_that_say_nothing_are_left_out():
    plain = CostRow(key="a", calls=2, input_tokens=10, output_tokens=3, cost_usd=Decimal(1))
    report = replace(REPORT, total=plain, rows=(plain,))
    for shown in (cost_report_text(report), cost_report_html(report)):
        assert "of it cached" not in shown
        assert "saved" not in shown
        assert "unknown" not in shown
    assert cost_report_html(report).count('scope="col"') == 6
    assert "of it cached" in cost_report_html(REPORT)


@pytest.mark.parametrize(
    ("days", "words"),
    [(1.0, "the last day"), (7.0, "the last 7 days"), (3.24, "the last 3.2 days")],
)
def test_the_days_of_a_forecast_are_words(days, words):
    report = replace(REPORT, forecast=replace(REPORT.forecast, days=days))
    assert f"({words})" in cost_report_text(report)
