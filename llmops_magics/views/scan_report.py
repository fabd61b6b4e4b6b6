"""How a scan and the list of detectors look: what could not look first, then the worst findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns, wrapped
from llmops_magics.views.format import count, duration, plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked
from llmops_magics.views.severity import severity_badge, severity_colour, severity_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_magics.guard.catalogue import DetectorList, ListedDetector
    from llmops_magics.guard.survey.report import ScannedSource, ScanReport, Sighting

MAX_ROWS = 200
MAX_NOTES = 20
_NAME = 80
_KIND = 40
_EXCERPT = 240
_OUTCOMES = {
    "clean": ("✓ nothing found", style.GREEN),
    "findings": ("! findings", style.AMBER),
    "failed": ("✗ not all was looked at", style.RED),
}


@masked
def scan_report_html(report: ScanReport) -> Markup:
    """Show what could not look, the findings with the words around them, and who looked."""
    shown = list(_findings(report))
    return block.outer(
        block.heading(
            block.badge(*_outcome(report)),
            element("strong", abbreviate(f"Scan of {report.target}", 2 * _NAME), dir="auto"),
        ),
        block.subline(_facts(report)),
        _problems(report),
        _counts(report),
        _table(shown) if shown else None,
        block.more(report.finding_count - len(shown), "finding"),
        block.fold(f"Who looked: {plural(len(report.detectors), 'detector')}", _uses(report)),
    )


@masked
def scan_report_text(report: ScanReport) -> str:
    """Return a few lines a finding, under what could not look."""
    word = _outcome(report)[0]
    lines = [f"{word}: scan of {abbreviate(report.target, 2 * _NAME)}"]
    lines += wrapped(block.DOT.join(_facts(report)))
    for problem in _problem_words(report):
        lines += wrapped(problem)
    if report.by_kind:
        lines += wrapped(_kinds_words(report))
    shown = list(_findings(report))
    for source, finding in shown:
        where = f"{abbreviate(source.name, _NAME)}{_place(source, finding)}"
        lines.append(f"  {severity_words(finding.severity):<10}  {finding.kind}  {where}")
        around = f"{finding.before}⟦{finding.excerpt}⟧{finding.after}"
        lines.append(f"      {abbreviate(around, _EXCERPT)}")
        if finding.message:
            lines.append(f"      {abbreviate(finding.message, _EXCERPT)}")
    rest = report.finding_count - len(shown)
    lines += [f"  and {plural(rest, 'more finding')} in the record"] if rest > 0 else []
    lines += [f"  {_use_words(report)}"]
    return visible("\n".join(lines))


def detector_list_html(listed: DetectorList) -> Markup:
    """Show a row a detector."""
    heads = [block.marked_head("detector"), *map(block.head, ("state", "version", "looks at"))]
    rows = [_detector_row(each) for each in listed.detectors[:MAX_ROWS]]
    broken = [f"{each.name} cannot be loaded: a scan with it fails" for each in listed.broken]
    return block.outer(
        block.heading(element("strong", plural(len(listed.detectors), "detector"))),
        block.bullets(broken) if broken else None,
        block.table("Detectors, those that a scan uses first", heads, rows),
        block.more(len(listed.detectors) - MAX_ROWS, "detector"),
    )


def detector_list_text(listed: DetectorList) -> str:
    """Return a line a detector."""
    rows = [
        (each.name, _state(each), each.version, ", ".join(each.boundaries) or each.error)
        for each in listed.detectors
    ]
    head = ("detector", "state", "version", "looks at")
    lines = [plural(len(listed.detectors), "detector")]
    return visible("\n".join([*lines, *columns(head, rows, fixed=(0, 1), noun="detector")]))


def _outcome(report: ScanReport) -> tuple[str, str]:
    if report.outcome == "clean" and not report.source_count:
        return ("? nothing to scan", style.GREY)  # which says nothing about what was passed over
    return _OUTCOMES[report.outcome]


def _facts(report: ScanReport) -> list[str]:
    return [
        report.target_kind,
        f"{plural(report.source_count, 'text')}, {plural(report.characters, 'character')}",
        plural(report.finding_count, "finding"),
        *(f"{number:,} {word}" for word, number in report.by_severity.items() if number),
        duration(report.elapsed_ms),
    ]


def _problem_words(report: ScanReport) -> list[str]:
    """Return what was not looked at, the worst first."""
    words = [
        f"✗ {use.detector} could not look: {abbreviate(use.error, 300)}" for use in report.errors
    ]
    failed = [each for each in report.unread if each.is_failure]
    words += [f"✗ not read: {abbreviate(e.name, _NAME)} ({e.reason})" for e in failed[:MAX_NOTES]]
    words += [f"and {len(failed) - MAX_NOTES:,} more not read"] if len(failed) > MAX_NOTES else []
    passed = [each for each in report.unread if not each.is_failure]
    if passed:
        names = block.names([f"{each.name} ({each.reason})" for each in passed], 3)
        words.append(f"passed over: {names}")
    return words


def _problems(report: ScanReport) -> Markup | None:
    words = _problem_words(report)
    if not words:
        return None
    if report.outcome != "failed":
        return block.subline(words)
    return element("div", block.bullets(words), style=style.banner(style.RED))


def _counts(report: ScanReport) -> Markup | None:
    return block.subline([_kinds_words(report)]) if report.by_kind else None


def _kinds_words(report: ScanReport) -> str:
    kinds = list(report.by_kind.items())
    shown = [f"{abbreviate(kind, _KIND)} {number:,}" for kind, number in kinds[:15]]
    return ", ".join([*shown, *([f"and {len(kinds) - 15} kinds more"] if len(kinds) > 15 else [])])


def _findings(report: ScanReport) -> Iterator[tuple[ScannedSource, Sighting]]:
    """Yield the first findings, each with where it stands."""
    room = MAX_ROWS
    for source in report.sources:
        yield from ((source, finding) for finding in source.findings[:room])
        room -= min(room, len(source.findings))


def _table(shown: list[tuple[ScannedSource, Sighting]]) -> Markup:
    heads = [block.marked_head("severity"), *map(block.head, ("what", "where", "text"))]
    rows = [
        block.row(
            element(
                "td",
                severity_badge(finding.severity),
                style=style.first_cell(severity_colour(finding.severity)),
            ),
            block.cell(
                element("div", element("strong", abbreviate(finding.kind, _KIND))),
                element("div", abbreviate(finding.message, _EXCERPT), style=style.SMALL),
                element("div", _by(finding), style=style.SMALL),
            ),
            block.cell(
                element("div", abbreviate(source.name, _NAME), dir="auto"),
                element("div", _place(source, finding).strip(", "), style=style.SMALL),
            ),
            block.cell(_in_context(finding)),
        )
        for source, finding in shown
    ]
    return block.table("Findings, the text with the worst one first", heads, rows)


def _in_context(finding: Sighting) -> Markup:
    """Show what was found, marked, between what stands around it."""
    return element(
        "div",
        finding.before,
        element("ins", finding.excerpt or "(nothing that can be seen)", style=style.MATCH),
        finding.after,
        dir="auto",
        style=style.VALUE,
    )


def _place(source: ScannedSource, finding: Sighting) -> str:
    if source.has_lines or finding.line > 1:
        return f", line {finding.line:,}, column {finding.column:,}"
    return f", characters {finding.start:,} to {finding.end:,}"


def _by(finding: Sighting) -> str:
    score = "" if finding.score == 1 else f", score {finding.score:.2f}"
    return f"{abbreviate(finding.detector, _KIND)}{score}"


def _uses(report: ScanReport) -> Markup:
    heads = [
        block.head("detector"),
        block.head("version"),
        *map(block.number_head, ("texts", "findings", "time")),
        block.head("error"),
    ]
    rows = [
        block.row(
            block.row_head(abbreviate(use.detector, _NAME)),
            block.cell(abbreviate(use.version, _NAME)),
            block.number_cell(count(use.texts)),
            block.number_cell(count(use.findings)),
            block.number_cell(duration(use.elapsed_ms)),
            block.cell(abbreviate(use.error, 300)),
        )
        for use in report.detectors[:MAX_ROWS]
    ]
    idle = f"Nothing to say at these boundaries: {block.names(report.idle)}" if report.idle else ""
    return element("div", block.table("", heads, rows), element("div", idle, style=style.SMALL))


def _use_words(report: ScanReport) -> str:
    looked = [use.detector for use in report.detectors if not use.error]
    if not report.source_count:
        return "nobody had anything to look at"
    idle = f"; nothing to say here: {block.names(report.idle)}" if report.idle else ""
    return f"looked: {block.names(looked) or 'nobody'}{idle}"


def _detector_row(each: ListedDetector) -> Markup:
    colour = style.RED if each.error and each.is_used else style.GREY
    mark = style.GREEN if not each.error else colour
    return block.row(
        element("th", abbreviate(each.name, _NAME), scope="row", style=style.first_cell(mark)),
        block.cell(block.badge(_state(each), mark)),
        block.cell(abbreviate(each.version, _NAME)),
        block.cell(abbreviate(each.error, 300) or ", ".join(each.boundaries)),
    )


def _state(each: ListedDetector) -> str:
    if each.error:
        return "✗ missing" if each.is_used else "· not there"
    return "✓ used" if each.is_used else "✓ loads"
