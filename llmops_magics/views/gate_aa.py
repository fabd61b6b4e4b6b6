"""How it looks how often a gate would not pass a prompt that did not change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import NOTHING, count, share
from llmops_magics.views.markup import Markup, element, visible

if TYPE_CHECKING:
    from llmops_magics.release.execution.aa import GateAA, VerdictRate

HEADS = ("rule", "fails", "undecided")
METHODS = {"resampled": "drawn from recorded answers, no call made", "live": "run anew"}


def gate_aa_html(report: GateAA) -> Markup:
    """Show the rate of the whole gate, then each rule's."""
    head = [block.head(HEADS[0]), *(block.number_head(title) for title in HEADS[1:])]
    rows = [
        block.row(block.cell(rule), *(block.number_cell(each) for each in rest))
        for rule, *rest in _rows(report)
    ]
    return block.outer(
        block.heading(element("strong", f"A/A of {report.gate or 'the rules'}")),
        block.subline([_terms(report)]),
        element("div", _headline(report), dir="auto"),
        block.table("How often an unchanged prompt does not pass", head, rows),
        *(element("div", words, dir="auto", style=style.SMALL) for words in report.notes),
    )


def gate_aa_text(report: GateAA) -> str:
    """Return the same as text."""
    table = columns(HEADS, _rows(report), numbers=(1, 2))
    lines = [_headline(report), _terms(report), "", *table, "", *report.notes]
    return visible("\n".join(lines).rstrip())


def _headline(report: GateAA) -> str:
    return (
        f"An unchanged {report.prompt} fails in {_rate(report.failed)} of runs and is undecided "
        f"in {_rate(report.inconclusive)}."
    )


def _terms(report: GateAA) -> str:
    said = f"{count(report.decisions)} decisions on {count(report.cases)} cases"
    failed = f"; {count(report.undecided)} could not run" if report.undecided else ""
    return f"{said}, {METHODS.get(report.method, report.method)}; 95% intervals (Wilson){failed}"


def _rows(report: GateAA) -> list[tuple[str, str, str]]:
    return [(each.rule, _rate(each.failed), _rate(each.inconclusive)) for each in report.rules]


def _rate(rate: VerdictRate) -> str:
    if rate.rate is None or rate.low is None or rate.high is None:
        return NOTHING
    return f"{share(rate.rate)} ({share(rate.low)} to {share(rate.high)})"
