"""How the queries of a check look: what each retriever found, and where what it missed stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import count
from llmops_magics.views.markup import Markup, abbreviate, element, join
from llmops_magics.views.room import LEAST_CHARACTERS, Room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.evals.retrieval.record import (
        Fetched,
        Missed,
        QueryResult,
        QueryRow,
        RetrievalReport,
    )

MAX_ROWS = 100
TABLE_BYTES = 250_000
_MOST_NAMED = 8
_MOST_RETRIEVERS = 6
_ID = 60
_TEXT_ROWS = 10
_TEXT_CHARACTERS = 70


def query_table(report: RetrievalReport) -> Markup:
    """Show the queries that missed most first, as many as there is room for."""
    shown = report.per_query[:MAX_ROWS]
    room = Room(TABLE_BYTES, rows=len(shown))
    rows: list[Markup] = []
    for each in shown:
        row = _row(report, each, room.text)
        if not room.takes(row):
            if not rows:  # one giant row: its beginning is better than nothing
                rows.append(_row(report, each, LEAST_CHARACTERS))
            break
        rows.append(row)
    heads = [block.head("query"), block.number_head("relevant"), *map(block.head, _names(report))]
    caption = f"Queries at k = {report.k}, those that missed most first"
    return join(
        [
            block.table(caption, heads, rows, wide=True),
            block.more(len(report.per_query) - len(rows), "row"),
        ]
    )


def query_words(report: RetrievalReport) -> list[str]:
    """Return a line for each of the worst queries."""
    failing = [row for row in report.per_query if row.missed and not row.excluded]
    if not failing:
        return [f"No query missed anything relevant at k = {report.k}."]
    noun = "query" if len(failing) == 1 else "queries"
    lines = [f"{len(failing):,} {noun} missed something at k = {report.k}:"]
    for row in failing[:_TEXT_ROWS]:
        missed = "; ".join(
            f"{abbreviate(result.retriever, _ID)} {_missed_words(result.missed, report.depth)}"
            for result in row.results[:_MOST_RETRIEVERS]
            if result.missed
        )
        title = abbreviate(row.text, _TEXT_CHARACTERS)
        lines.append(f"  {abbreviate(row.query_id, _ID)} {title}: {missed}")
    rest = len(failing) - _TEXT_ROWS
    return [*lines, f"  and {rest:,} more in the record"] if rest > 0 else lines


def _names(report: RetrievalReport) -> list[str]:
    first = report.per_query[0].results if report.per_query else ()
    return [abbreviate(result.retriever, _ID) for result in first[:_MOST_RETRIEVERS]]


def _row(report: RetrievalReport, row: QueryRow, characters: int) -> Markup:
    tags = [element("div", block.names(row.tags, _MOST_NAMED), style=style.SMALL)]
    excluded = element("div", f"not measured: {abbreviate(row.excluded, 120)}", style=style.SMALL)
    return block.row(
        element(
            "td",
            element("div", abbreviate(row.query_id, _ID), dir="auto", style=style.SMALL),
            block.prose(row.text, characters),
            *(tags if row.tags else ()),
            *([excluded] if row.excluded else ()),
            style=style.CELL,
        ),
        block.number_cell(count(row.relevant)),
        *(_result(report, row, each) for each in row.results[:_MOST_RETRIEVERS]),
    )


def _result(report: RetrievalReport, row: QueryRow, result: QueryResult) -> Markup:
    whole = result.found == row.relevant
    colour = style.GREEN if whole else style.AMBER if result.found else style.RED
    mark = "✓" if whole else "✗"
    parts = [block.badge(f"{mark} {result.found:,} of {row.relevant:,}", colour)]
    if result.missed:
        words = f"missed {_missed_words(result.missed, report.depth)}"
        parts.append(element("div", words, dir="auto", style=style.SMALL))
    if result.fetched:
        parts.append(block.fold("fetched", block.bullets(_fetched(result.fetched))))
    return block.cell(*parts)


def _missed_words(missed: Sequence[Missed], depth: int) -> str:
    named = [_missed(each, depth) for each in missed[:_MOST_NAMED]]
    rest = len(missed) - _MOST_NAMED
    return ", ".join(named) + (f" and {rest:,} more" if rest > 0 else "")


def _missed(each: Missed, depth: int) -> str:
    span = "" if each.start is None else f" {each.start}-{each.end}"
    place = f"beyond {depth}" if each.rank is None else f"rank {each.rank}"
    return f"{abbreviate(each.document_id, _ID)}{span} ({place})"


def _fetched(fetched: Sequence[Fetched]) -> list[str]:
    return [
        f"{each.rank}. {abbreviate(each.document_id, _ID)} {each.score:.4g}"
        + ("" if each.grade is None else f", grade {each.grade}")
        for each in fetched[:_MOST_NAMED]
    ]
