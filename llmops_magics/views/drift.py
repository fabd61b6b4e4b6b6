"""How drift looks: who changed, by name and by results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.comparison import comparison_html
from llmops_magics.views.format import difference, difference_interval, moment
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.release.sentinel import Drifted, DriftReport

_SHOWN = 100


def drift_html(report: DriftReport) -> Markup:
    """Show the verdict, what changed, and the comparison behind it."""
    return block.outer(
        element(
            "div",
            element("div", _words(report), style=style.BANNER_TITLE),
            element("div", report.reason, dir="auto"),
            element("div", block.DOT.join(_subject(report)), style=style.SMALL),
            style=style.banner(_colour(report)),
        ),
        _table("Ours", report.ours),
        _table("The provider's", report.provider),
        block.bullets([block.prose(note) for note in report.notes]) if report.notes else None,
        comparison_html(report.comparison) if report.comparison else None,
    )


def drift_text(report: DriftReport) -> str:
    """Return the verdict, what changed, and a line a score."""
    lines = [f"{_words(report)}: {report.reason}", f"  {block.DOT.join(_subject(report))}"]
    for whose, changes in (("ours", report.ours), ("the provider's", report.provider)):
        lines += [f"  {whose}: {c.what}: {_cut(c.before)} -> {_cut(c.after)}" for c in changes]
    for each in report.comparison.differences if report.comparison else ():
        shown = difference(each.difference, is_proportion=each.is_proportion)
        ends = difference_interval(each.low, each.high, is_proportion=each.is_proportion)
        lines.append(f"  {each.scorer}: {shown} {ends}{block.DOT}{each.verdict}")
    lines += [f"  note: {note}" for note in report.notes]
    return visible("\n".join(lines))


def _words(report: DriftReport) -> str:
    mark = {"unchanged": "✓", "INCONCLUSIVE": "?"}.get(report.verdict, "!")
    return f"{mark} {report.verdict}"


def _colour(report: DriftReport) -> str:
    if report.results == "worse":
        return style.RED
    return style.GREEN if report.verdict == "unchanged" else style.AMBER


def _subject(report: DriftReport) -> list[str]:
    return [
        report.prompt,
        report.model,
        f"accepted {moment(report.accepted_at)}",
        f"gate {report.gate_id}",
    ]


def _table(caption: str, changes: Sequence[Drifted]) -> Markup | None:
    if not changes:
        return None
    heads = [block.marked_head("what"), block.head("accepted"), block.head("now")]
    rows = [
        block.row(
            element("th", each.what, scope="row", style=style.first_cell(style.AMBER)),
            block.cell(block.folded(each.before)),
            block.cell(block.folded(each.after)),
        )
        for each in changes
    ]
    return block.table(caption, heads, rows)


def _cut(value: str) -> str:
    return abbreviate(value, _SHOWN) or "nothing"
