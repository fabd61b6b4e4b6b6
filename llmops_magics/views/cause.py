"""How causes look: how many failing cases each stage lost, and what each of them was missing.

Above the scores of an eval stand the counts, and folded beside them the first cases; the report
shown alone has a row for every case, as far as there is room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.evals.cause.record import (
    MODEL_CAUSES,
    NOT_IN_CORPUS,
    NOT_RETRIEVED,
    RETRIEVAL_CAUSES,
    STALE,
    UNKNOWN,
    UNUSED,
    WRONG,
)
from llmops_magics.evals.cause.use import DRAWS
from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import NOTHING, count, plural, share, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, join, visible
from llmops_magics.views.room import LEAST_CHARACTERS, Room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.evals.cause.record import CauseReport, CauseRow

MAX_ROWS = 200
FEW_ROWS = 20  # above an eval's table
TABLE_BYTES, FEW_BYTES = 200_000, 30_000
_MAX_REMARKS = 10
_NAME = 60
_WHY = 200
_RETRIEVED = 5
_MEANS = {
    NOT_IN_CORPUS: "no document holds the evidence",
    STALE: "the corpus holds it, the index or the source holds another text",
    NOT_RETRIEVED: "the index holds it, the context that was given does not",
    UNUSED: f"it was in the context; of what the answer adds, less than {DRAWS:.0%} is from it",
    WRONG: "it was in the context, and the answer draws on it",
    UNKNOWN: "nothing says what the evidence is, or the answer",
}


def cause_report_html(report: CauseReport) -> Markup:
    """Show the counts, and a row for each failing case."""
    return block.outer(
        block.heading(element("strong", _title(report)), _badge(report)),
        block.subline(_subject(report)),
        *_counts(report),
        *_notes(report),
        _cases(report.rows, MAX_ROWS, TABLE_BYTES),
    )


def cause_report_text(report: CauseReport) -> str:
    """Return a line a class, and one a failing case."""
    lines = [block.DOT.join([_title(report), *_subject(report)]), *cause_words(report)]
    if report.rows:
        cells = [
            (row.case_id, row.cause, row.document_id or NOTHING, _rank(row), _why(row))
            for row in report.rows
        ]
        lines.append("")
        heads = ("case", "cause", "evidence", "rank", "why")
        lines += columns(heads, cells, numbers=(3,), gives_way=4, noun="case")
    return visible("\n".join(lines))


def cause_words(report: CauseReport | None) -> list[str]:
    """Say in lines how many failing cases there are of each class; nothing without a report."""
    if report is None:
        return []
    if report.problem:
        return [f"causes could not be told: {abbreviate(report.problem, _WHY)}"]
    if not (report.rows or report.left_out):
        return []
    lines = [f"{_verdict(report)}: " + block.DOT.join(_classes(report))]
    return lines + [f"  {abbreviate(words, _WHY)}" for words in _remarks(report)]


def cause_overview(report: CauseReport | None) -> list[Markup]:
    """Show the counts above an eval's scores, its first cases folded; nothing without a report."""
    if report is None or not (report.rows or report.left_out or report.problem):
        return []
    few = _cases(report.rows, FEW_ROWS, FEW_BYTES)
    details = [*(_notes(report)), few, _hint(report)]
    return [
        element("div", join([element("strong", "Why cases failed"), _badge(report)], " ")),
        *_counts(report),
        *([block.fold("causes, case by case", *details)] if report.rows else _notes(report)),
    ]


def _title(report: CauseReport) -> str:
    return f"Why cases of {abbreviate(report.prompt or report.run_id, _NAME)} failed"


def _subject(report: CauseReport) -> list[str]:
    return [
        report.run_id and abbreviate(report.run_id, _NAME),
        block.names(report.corpora, 5),
        "index " + ", ".join(map(short_digest, report.index_now[:3])) if report.index_now else "",
        plural(len(report.rows) + report.left_out, "failing case"),
    ]


def _verdict(report: CauseReport) -> str:
    """Say whose failures these are, and how many of that by a guess: that is never folded away."""
    unknown = report.counts.get(UNKNOWN, 0)
    parts = [
        f"{count(report.retrieval_count)} failed in retrieval",
        f"{count(report.model_count)} in the model",
        f"{count(unknown)} unknown" if unknown else "",
        f"{count(report.guesses)} by a guess" if report.guesses else "",
    ]
    return ", ".join(part for part in parts if part)


def _badge(report: CauseReport) -> Markup:
    if report.problem:
        return block.badge("? could not be told", style.AMBER)
    known = report.retrieval_count + report.model_count
    return block.badge(_verdict(report), style.RED if known else style.AMBER)


def _classes(report: CauseReport) -> list[str]:
    return [f"{count(number)} {cause}" for cause, number in report.counts.items() if number]


def _counts(report: CauseReport) -> list[Markup]:
    """Put a row a class, those of 0 too: a reader sees what was looked for."""
    total = len(report.rows)
    if not total:
        return []
    heads = [
        block.head("cause"),
        block.number_head("cases"),
        block.head(""),
        block.head("whose"),
        block.head("what it means"),
    ]
    shown = [c for c in report.counts if c != UNKNOWN or report.counts[c]]
    rows = [
        block.row(
            block.row_head(cause),
            block.number_cell(count(report.counts[cause])),
            block.cell(_bar(report.counts[cause] / total, cause)),
            block.cell(_whose(cause)),
            block.cell(element("span", _MEANS.get(cause, ""), style=style.SMALL)),
        )
        for cause in shown
    ]
    return [block.table(f"{plural(total, 'failing case')}, by cause", heads, rows)]


def _bar(part: float, cause: str) -> Markup:
    colour = {True: style.AMBER, False: style.BLUE}[cause in RETRIEVAL_CAUSES]
    bar = block.bar(0, part, style.GREY if cause == UNKNOWN else colour) if part else Markup()
    frame = f"width:110px;margin:4px 0 0 0;background-color:{style.tint(style.GREY, 0.15)}"
    return element("div", bar, style=frame)


def _whose(cause: str) -> str:
    if cause in RETRIEVAL_CAUSES:
        return "retrieval"
    return "model" if cause in MODEL_CAUSES else NOTHING


def _notes(report: CauseReport) -> list[Markup]:
    words = ([report.problem] if report.problem else []) + _remarks(report)
    return [element("div", abbreviate(w, _WHY * 2), dir="auto", style=style.SMALL) for w in words]


def _remarks(report: CauseReport) -> list[str]:
    lines = list(report.remarks[:_MAX_REMARKS])
    if report.guesses:
        lines.insert(
            0,
            f"{plural(report.guesses, 'cause')} of {len(report.rows):,} rest on a guess: the case"
            " has no labels, the expected answer's text was looked for in the documents.",
        )
    if any(row.pieces > 1 for row in report.rows):
        lines.append("Of several pieces of evidence the one that went missing first counts.")
    if report.left_out:
        lines.append(f"{plural(report.left_out, 'failing case')} more were not looked at.")
    return lines


def _hint(report: CauseReport) -> Markup:
    rest = len(report.rows) - FEW_ROWS
    words = f"%retrieval_causes {report.run_id} shows all {len(report.rows):,}" if rest > 0 else ""
    return element("div", words, style=style.SMALL) if words else Markup()


def _cases(rows: Sequence[CauseRow], limit: int, size: int) -> Markup:
    if not rows:
        return Markup()
    ordered = rows[:limit]
    room = Room(size, rows=len(ordered))
    shown: list[Markup] = []
    for each in ordered:
        row = _case(each, min(room.text, LEAST_CHARACTERS))
        if not room.takes(row):
            break
        shown.append(row)
    heads = [
        block.head("case"),
        block.head("cause"),
        block.head("evidence"),
        block.number_head("rank"),
        block.number_head("drawn on"),
        block.head("why"),
    ]
    table = block.table("What each failing case was missing", heads, shown, wide=True)
    return join([table, block.more(len(rows) - len(shown), "case")])


def _case(row: CauseRow, characters: int) -> Markup:
    return block.row(
        element(
            "td",
            element("div", element("strong", abbreviate(row.case_id, _NAME)), dir="auto"),
            block.prose(row.question, characters),
            style=style.CELL,
        ),
        block.cell(_coloured(row.cause)),
        _evidence(row, characters),
        block.number_cell(_rank(row)),
        block.number_cell(share(row.share) if row.share is not None else NOTHING),
        block.cell(element("div", _why(row), dir="auto"), _given(row)),
    )


def _coloured(cause: str) -> Markup:
    if cause in RETRIEVAL_CAUSES:
        return block.badge(cause, style.AMBER)
    return block.badge(cause, style.BLUE if cause in MODEL_CAUSES else style.GREY)


def _evidence(row: CauseRow, characters: int) -> Markup:
    if not row.document_id:
        return block.cell(NOTHING)
    basis = f" ({row.basis})" if row.basis else ""
    return element(
        "td",
        element("div", f"{abbreviate(row.document_id, _NAME)}{basis}", dir="auto"),
        block.prose(row.evidence or "the whole document", characters),
        style=style.CELL,
    )


def _given(row: CauseRow) -> Markup:
    given = block.names(row.retrieved, _RETRIEVED) if row.retrieved else "nothing"
    return element("div", f"given: {given}", dir="auto", style=style.SMALL)


def _rank(row: CauseRow) -> str:
    if row.rank is not None:
        return str(row.rank)
    return f"> {row.depth}" if row.depth else NOTHING


def _why(row: CauseRow) -> str:
    guess = " (a guess)" if row.is_guess else ""
    return f"{abbreviate(row.why, _WHY)}{guess}"
