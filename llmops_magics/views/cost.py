"""How a cost report looks: the total with what it lacks, and one row a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import count, moment, money, plural, share, total_money
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.cost.report import CostReport, CostRow
    from llmops_magics.cost.running import Today

_KEY_CHARACTERS = 80
_HEADS = ("calls", "in", "of it cached", "out", "cost", "of all", "unknown", "saved by cache")
_PART = 5  # the place of the part in the cost, which has a bar
_BAR = f"width:120px;margin:4px 0 0 0;background-color:{style.tint(style.GREY, 0.15)}"


@masked
def cost_report_html(report: CostReport) -> Markup:
    """Show the total and one row a group, with a bar of its part in the cost."""
    rows = report.rows[: block.MAX_ROWS]
    cells = [_cells(report, row) for row in rows]
    used = [place for place in range(len(_HEADS)) if any(row[place] for row in cells)]
    head_of = {_PART: block.head}
    heads = [block.head(report.by)]
    heads += [head_of.get(place, block.number_head)(_HEADS[place]) for place in used]
    shown = [_row(report, row, used) for row in rows]
    return block.outer(
        block.heading(element("strong", _title(report))),
        block.subline([_span(report), *_sums(report)]),
        block.table(f"Cost by {report.by}", heads, shown) if shown else Markup(),
        block.more(len(report.rows) - len(rows), "row"),
        *(element("div", note, style=style.SMALL) for note in _notes(report)),
    )


@masked
def cost_report_text(report: CostReport) -> str:
    """Return the total and one line a group."""
    heads = (report.by, *_HEADS[:-1], "saved")
    rows = [(_name(row), *_cells(report, row)) for row in report.rows]
    shown = columns(heads, rows, numbers=range(1, 9), gives_way=0) if rows else []
    about = block.DOT.join([_span(report), *_sums(report)])
    notes = [f"  {note}" for note in _notes(report)]
    return visible("\n".join([_title(report), f"  {about}", *shown, *notes]))


def today_words(today: Today, *, has_notebook: bool) -> str:
    """Return the totals of a day for a cell's line; nothing where nothing was spent."""
    if not today.workspace_usd:
        return ""
    here = f"notebook {money(today.notebook_usd)}, " if has_notebook else ""
    return f"today {here}workspace {money(today.workspace_usd)}"


def _title(report: CostReport) -> str:
    total = report.total
    if not total.calls:
        return "No model calls"
    priced = " by the prices of now" if report.is_repriced else ""
    return f"{total_money(total.cost_usd, total.unpriced_calls)}{priced}"


def _span(report: CostReport) -> str:
    if not report.since:
        return f"until {moment(report.until)}"
    return f"{moment(report.since)[:16]} to {moment(report.until)[:16]} UTC"


def _sums(report: CostReport) -> list[str]:
    total = report.total
    parts = [plural(total.calls, "call")]
    if total.calls:
        parts.append(f"{count(total.input_tokens)} in / {count(total.output_tokens)} out tokens")
    if total.cache_hits:
        parts.append(
            f"{money(total.saved_usd)} saved by {plural(total.cache_hits, 'cached answer')}"
        )
    if total.unpriced_calls:
        parts.append(f"{share(total.unknown_share)} of calls without a known price")
    return parts


def _row(report: CostReport, row: CostRow, used: Sequence[int]) -> Markup:
    cells = _cells(report, row)
    fraction = _fraction(report, row)
    bar = element("div", block.bar(0.0, fraction, style.BLUE, height=8), style=_BAR)
    return block.row(
        block.row_head(_name(row)),
        *(
            block.cell(cells[place], bar) if place == _PART else block.number_cell(cells[place])
            for place in used
        ),
    )


def _name(row: CostRow) -> str:
    return abbreviate(row.key, _KEY_CHARACTERS) or "(none)"


def _cells(report: CostReport, row: CostRow) -> tuple[str, ...]:
    """Return the figures of a row; columns that are empty in every row are left out."""
    return (
        count(row.calls),
        count(row.input_tokens),
        count(row.cached_input_tokens) if row.cached_input_tokens else "",
        count(row.output_tokens),
        "unknown" if row.unpriced_calls == row.calls else money(row.cost_usd),
        _part(report, row),
        count(row.unpriced_calls) if row.unpriced_calls else "",
        money(row.saved_usd) if row.cache_hits else "",
    )


def _fraction(report: CostReport, row: CostRow) -> float:
    total = report.total.cost_usd
    return float(row.cost_usd / total) if total else 0.0


def _part(report: CostReport, row: CostRow) -> str:
    is_known = report.total.cost_usd and row.unpriced_calls < row.calls
    return f"{_fraction(report, row):.0%}" if is_known else ""


def _days(days: float) -> str:
    """Return a length of time: "day", "7 days" or "3.2 days"."""
    return "day" if f"{days:.1f}" == "1.0" else f"{days:.1f} days".replace(".0 ", " ")


def _notes(report: CostReport) -> list[str]:
    notes = []
    if report.is_repriced:
        notes.append(f"When the calls were made, {money(report.stored_usd)} of it was known.")
    if report.forecast is not None:
        foreseen = report.forecast
        notes.append(
            f"This month: {money(foreseen.month_usd)} so far; at {money(foreseen.per_day_usd)} a "
            f"day (the last {_days(foreseen.days)}) it ends at {money(foreseen.month_end_usd)}."
        )
    if report.total.unpriced_calls:
        notes.append(
            'Give unknown models a price in llmops.toml under [prices."endpoint/model"], then '
            "--reprice."
        )
    return notes
