"""How a run beside its baseline looks: differences with their intervals, and which cases moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import NOTHING, count, difference, difference_interval, plural
from llmops_magics.views.markup import Markup, element, visible

if TYPE_CHECKING:
    from llmops_magics.evals.run import Comparison, ScoreDifference

HEADS = ("change", "95% interval", "reading", "better", "worse")


def comparison_html(comparison: Comparison) -> Markup:
    """Show the differences of all scorers, and name the cases behind them."""
    heads = (block.head("scorer"), *difference_heads(), block.number_head("cases"))
    rows = [
        block.row(
            block.row_head(item.scorer), *difference_cells(item), block.number_cell(count(item.n))
        )
        for item in comparison.differences
    ]
    return block.outer(
        block.heading(element("strong", f"Against {comparison.baseline_prompt}")),
        block.subline(
            [plural(comparison.common_cases, "common case"), f"run {comparison.baseline_run_id}"]
        ),
        block.table("Candidate minus baseline, paired by case", heads, rows),
        *moved_cases(comparison),
    )


def comparison_text(comparison: Comparison) -> str:
    """Return one line a scorer."""
    lines = [
        f"against {comparison.baseline_prompt} on {plural(comparison.common_cases, 'common case')}"
    ]
    lines += [f"  {item.scorer}  {difference_words(item)}" for item in comparison.differences]
    return visible("\n".join(lines))


def difference_heads() -> tuple[Markup, ...]:
    """Head the columns that ``difference_cells`` fills."""
    change, interval, reading, *counts = HEADS
    return (
        block.number_head(change),
        block.number_head(interval),
        block.head(reading),
        *(block.number_head(name) for name in counts),
    )


def difference_cells(
    item: ScoreDifference | None, *, is_proportion: bool = False
) -> tuple[Markup, ...]:
    """Show one difference in the columns of ``difference_heads``."""
    if item is None:
        return tuple(block.number_cell(NOTHING) for _ in HEADS)
    interval = difference_interval(item.low, item.high, is_proportion=is_proportion)
    return (
        block.number_cell(difference(item.difference, is_proportion=is_proportion)),
        element("td", interval, style=style.NUMBER, title=item.method),
        block.cell(_reading(item)),
        block.number_cell(count(len(item.improved))),
        block.number_cell(count(len(item.regressed))),
    )


def difference_words(item: ScoreDifference, *, is_proportion: bool = False) -> str:
    """Say one difference in a line of text."""
    change = difference(item.difference, is_proportion=is_proportion)
    interval = difference_interval(item.low, item.high, is_proportion=is_proportion)
    return (
        f"{change} ({interval}, {item.method}) vs baseline, "
        f"{len(item.improved)} better, {len(item.regressed)} worse"
    )


def moved_cases(comparison: Comparison) -> list[Markup]:
    """Name the cases that got worse or better, one line a scorer."""
    lines = [
        (item.scorer, word, cases)
        for item in comparison.differences
        for word, cases in (("worse", item.regressed), ("better", item.improved))
        if cases
    ]
    return [
        element("div", f"{scorer}, {word}: {block.names(cases)}", style=style.SMALL)
        for scorer, word, cases in lines
    ]


def _reading(item: ScoreDifference) -> str:
    """Say whether the interval leaves out nothing-changed."""
    if item.low is None or item.high is None:
        return "not known"
    if item.low > 0:
        return block.badge("▲ higher", style.GREEN)
    return block.badge("▼ lower", style.RED) if item.high < 0 else "within noise"
