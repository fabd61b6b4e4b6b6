"""How the mapping of records to laws and standards looks: for each, what is there and what is not.

It names records and their numbers. It never judges whether a requirement is met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.audit_event import event_table
from llmops_magics.views.document import html_document
from llmops_magics.views.format import NOTHING, count, moment, plural
from llmops_magics.views.markup import Markup, abbreviate, element, join, visible

if TYPE_CHECKING:
    from llmops_magics.release.mapping.evidence import Evidence
    from llmops_magics.release.mapping.framework import Framework, Requirement
    from llmops_magics.release.mapping.report import MappingReport

_NAME = 120
_TEXT = 600
_PART = "margin:22px 0 0 0"
_ITEM = "margin:0 0 4px 0"
_STATES = {
    "records": ("✓ records of each kind", style.GREEN),
    "partly": ("◐ records of some kinds", style.AMBER),
    "no records": ("○ no records", style.AMBER),
    "elsewhere": ("↗ kept elsewhere", style.GREY),
}
_DISCLAIMER = (
    "This report counts records and shows where they are. It does not say whether any requirement "
    "is met: that is for people who know the system, its use and the law. The requirements are in "
    "our words; read the texts that are named."
)


def mapping_report_page(report: MappingReport) -> str:
    """Return the report as a page of its own: no script, and nothing is loaded."""
    return html_document(f"Audit report of {report.workspace}", _body(report))


def mapping_report_html(report: MappingReport) -> Markup:
    """Show the overview, then a table a framework."""
    return _body(report)


def mapping_report_text(report: MappingReport) -> str:
    """Return a line a requirement, with what there is and what is missing."""
    lines = [f"{_title(report)}{block.DOT}{_period(report)}", f"  {_trail_words(report)}"]
    for framework in report.frameworks:
        lines += [f"{framework.title}", f"  {framework.text}, read on {framework.read_on}"]
        for requirement in framework.requirements:
            word, _ = _STATES[report.state(requirement)]
            lines.append(f"  {requirement.id} {requirement.title}: {word}")
            there = [_words(each) for each in report.of(requirement) if each.is_there]
            missing = [each.title for each in report.of(requirement) if not each.is_there]
            lines += [f"    there: {block.names(there, 10)}"] if there else []
            lines += [f"    missing: {block.names(missing, 10)}"] if missing else []
            lines += [f"    kept elsewhere: {block.names(requirement.elsewhere, 10)}"][
                : len(requirement.elsewhere)
            ]
    return visible("\n".join([*lines, _DISCLAIMER]))


def _body(report: MappingReport) -> Markup:
    colour = style.RED if report.trail.problems else style.GREEN
    return block.outer(
        element("div", _title(report), style=style.BANNER_TITLE),
        block.subline([_period(report), f"made {moment(report.made_at)}", f"by {report.made_by}"]),
        element(
            "div",
            element("strong", "The trail that this rests on"),
            element("div", _trail_words(report)),
            element("div", element("code", report.trail.head), style=style.SMALL),
            *(element("div", abbreviate(each, _TEXT)) for each in report.trail.problems[:20]),
            style=style.banner(colour),
        ),
        element("div", _DISCLAIMER, style=style.banner(style.BLUE)),
        _overview(report),
        *(_framework(report, each) for each in report.frameworks),
        event_table("Events that are named above as examples", report.examples)
        if report.examples
        else None,
    )


def _title(report: MappingReport) -> str:
    return f"Audit report of {abbreviate(report.workspace, _NAME)}"


def _period(report: MappingReport) -> str:
    since = moment(report.since) or "the beginning"
    return f"records from {since} to {moment(report.until) or 'now'}"


def _trail_words(report: MappingReport) -> str:
    trail = report.trail
    heads = plural(trail.heads, "signed head")
    if trail.problems:
        return f"The hash chain is BROKEN: {plural(len(trail.problems), 'problem')}, see below."
    sealed = plural(trail.archives, "sealed gate run")
    return (
        f"{plural(trail.events, 'event')} in an unbroken hash chain, {heads}, {sealed} as sealed."
    )


def _overview(report: MappingReport) -> Markup:
    names = [word for word, _ in _STATES.values()]
    heads = [block.head("law or standard"), *(block.number_head(name) for name in names)]
    rows = []
    for framework in report.frameworks:
        states = [report.state(each) for each in framework.requirements]
        cells = (block.number_cell(count(states.count(state)) or NOTHING) for state in _STATES)
        rows.append(block.row(block.row_head(framework.title), *cells))
    return block.table("How many requirements have records here", heads, rows)


def _framework(report: MappingReport, framework: Framework) -> Markup:
    names = ("requirement", "it asks for", "what is there", "what is missing", "kept elsewhere")
    heads = [block.marked_head(names[0]), *(block.head(name) for name in names[1:])]
    rows = [_row(report, each) for each in framework.requirements]
    return element(
        "div",
        element("div", element("strong", framework.title), style=style.HEADING),
        block.subline([framework.text, f"read on {framework.read_on}", framework.source]),
        element("div", framework.applies, style=style.SMALL),
        block.table("", heads, rows, wide=True),
        style=_PART,
    )


def _row(report: MappingReport, requirement: Requirement) -> Markup:
    word, colour = _STATES[report.state(requirement)]
    found = report.of(requirement)
    missing = [each.title for each in found if not each.is_there]
    return block.row(
        element(
            "th",
            element("div", requirement.id),
            element("div", requirement.title, style=style.SMALL),
            element("div", block.badge(word, colour)),
            scope="row",
            style=f"{style.first_cell(colour)};width:15%",
        ),
        element("td", requirement.asks, style=f"{style.CELL};width:22%"),
        element("td", _list([_there(each) for each in found if each.is_there]), style=style.CELL),
        element("td", _list(missing), style=f"{style.CELL};width:15%"),
        element("td", _list(requirement.elsewhere), style=f"{style.CELL};width:20%"),
    )


def _list(items: list[str] | list[Markup] | tuple[str, ...]) -> Markup:
    """Put each item in a line of its own; a dash where there is none."""
    if not items:
        return element("span", NOTHING)
    return join([element("div", item, style=_ITEM) for item in items])


def _there(found: Evidence) -> Markup:
    """Say how many there are, from when to when, and the numbers of a few events."""
    first, last = moment(found.first)[:10], moment(found.last)[:10]
    days = first if first == last else f"{first} to {last}"
    events = f"event {', '.join(f'{seq:,}' for seq in found.examples)}" if found.examples else ""
    small = block.DOT.join([part for part in (days, events) if part])
    words = found.said or f"{found.count:,}"
    line = f"{found.title}: {words}"
    return (
        join([element("div", line), element("div", small, style=style.SMALL)])
        if small
        else (element("div", line))
    )


def _words(found: Evidence) -> str:
    return f"{found.title} ({found.said or f'{found.count:,}'})"
