"""How a power report looks: cases a difference takes, and the difference so many cases show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import NOTHING, count, number, share
from llmops_magics.views.markup import Markup, element, visible

if TYPE_CHECKING:
    from llmops_magics.evals.power import PowerReport, ScorePower

NEEDED = ("true difference", "cases to see it", "cases to rule out such a drop")
SEEN = ("cases", "smallest difference seen", "smallest drop ruled out")


def power_html(report: PowerReport) -> Markup:
    """Show two tables a score."""
    return block.outer(
        block.heading(element("strong", "Power")),
        block.subline([_terms(report)]),
        *(part for score in report.scores for part in _score(score)),
        *(element("div", words, dir="auto", style=style.SMALL) for words in report.unknown),
    )


def power_text(report: PowerReport) -> str:
    """Return two tables a score."""
    lines = [_terms(report)]
    for score in report.scores:
        lines += ["", _title(score)]
        lines += columns(NEEDED, _needed(score), numbers=range(3))
        lines += ["", *columns(SEEN, _seen(score), numbers=range(3))]
    return visible("\n".join([*lines, *report.unknown]))


def _terms(report: PowerReport) -> str:
    one_sided = report.error / 2
    return (
        f"seen in {report.power:.0%} of runs; error {report.error:.3g} two-sided, "
        f"{one_sided:.3g} for non_inferior, which passes if nothing changed"
    )


def _title(score: ScorePower) -> str:
    kind = "discordance" if score.is_proportion else "standard deviation of differences"
    size = share(score.spread) if score.is_proportion else number(score.spread)
    return f"{score.scorer}: {kind} {size} ({score.source})"


def _score(score: ScorePower) -> list[Markup]:
    heads = ([block.number_head(title) for title in titles] for titles in (NEEDED, SEEN))
    captions = ("Cases a difference takes", "What a number of cases shows")
    rows = (_needed(score), _seen(score))
    return [element("div", _title(score), dir="auto", style=style.SECTION)] + [
        block.table(caption, head, [block.row(*map(block.number_cell, cells)) for cells in body])
        for caption, head, body in zip(captions, heads, rows, strict=True)
    ]


def _needed(score: ScorePower) -> list[tuple[str, str, str]]:
    return [
        (
            _size(row.difference, score),
            count(row.to_see) if row.to_see is not None else "more than can flip",
            count(row.to_rule_out),
        )
        for row in score.needed
    ]


def _seen(score: ScorePower) -> list[tuple[str, str, str]]:
    return [
        (count(row.cases), _size(row.difference, score), _size(row.margin, score))
        for row in score.detectable
    ]


def _size(value: float | None, score: ScorePower) -> str:
    if value is None:
        return NOTHING
    return f"{value * 100:.1f} pts" if score.is_proportion else number(value)
