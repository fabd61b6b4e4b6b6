"""How the cost of a month looks: a case, the month, the budget, and how long an answer takes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import NOTHING, UNKNOWN, count, duration, money, plural
from llmops_magics.views.markup import Markup, element, visible

if TYPE_CHECKING:
    from llmops_magics.release.forecast import CostForecast


def cost_forecast_html(found: CostForecast) -> Markup:
    """Show a row a figure, with its interval."""
    heads = [block.marked_head("what"), block.number_head("estimate"), block.number_head("95%")]
    rows = [
        block.row(
            element("th", what, scope="row", style=style.first_cell(_colour(found))),
            block.number_cell(value),
            block.number_cell(ends),
        )
        for what, value, ends in _rows(found)
    ]
    return block.outer(
        block.heading(element("strong", _title(found))),
        block.subline(_subject(found)),
        block.table("From what was measured", heads, rows),
    )


def cost_forecast_text(found: CostForecast) -> str:
    """Return a line a figure."""
    lines = [_title(found), f"  {block.DOT.join(filter(None, _subject(found)))}"]
    lines += [f"  {what}: {value}  [{ends}]" for what, value, ends in _rows(found)]
    return visible("\n".join(lines))


def _title(found: CostForecast) -> str:
    month = _money(found.month_usd)
    if found.budget_usd is None:
        return f"{month} a month"
    return f"{month} a month, of a budget of {_money(found.budget_usd)}"


def _subject(found: CostForecast) -> list[str]:
    return [
        found.prompt,
        found.model,
        plural(found.cases, "case"),
        f"{plural(found.unpriced, 'answer')} of unknown price" if found.unpriced else "",
    ]


def _rows(found: CostForecast) -> list[tuple[str, str, str]]:
    month = f"{count(found.cases_per_month)} cases, a month"
    return [
        ("a case", _money(found.case_usd), _ends(found.case_low_usd, found.case_high_usd)),
        (month, _money(found.month_usd), _ends(found.month_low_usd, found.month_high_usd)),
        (
            "latency, 95th percentile",
            duration(found.latency_p95_ms),
            f"{duration(found.latency_low_ms)} to {duration(found.latency_high_ms)}",
        ),
    ]


def _money(value: float | None) -> str:
    return UNKNOWN if value is None else money(Decimal(f"{value:.12f}"))


def _ends(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return NOTHING
    return f"{_money(low)} to {_money(high)}"


def _colour(found: CostForecast) -> str:
    if found.budget_usd is None or found.month_high_usd is None or found.month_low_usd is None:
        return style.AMBER
    if found.month_high_usd <= found.budget_usd:
        return style.GREEN
    return style.RED if found.month_low_usd > found.budget_usd else style.AMBER
