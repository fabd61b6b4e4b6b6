"""How drift looks: how far rankings moved, whether figures did, and the queries that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.comparison import difference_words
from llmops_magics.views.format import NOTHING, count, number, share, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, join, visible
from llmops_magics.views.retrieval import reading
from llmops_magics.views.room import LEAST_CHARACTERS, Room

if TYPE_CHECKING:
    from llmops_magics.evals.retrieval.drift import (
        Movement,
        QueryDrift,
        RetrievalDrift,
        RetrieverDrift,
    )
    from llmops_magics.evals.run import ScoreDifference

MAX_ROWS = 60
TABLE_BYTES = 200_000
MOST_RETRIEVERS = 6
_MOST_MOVEMENTS = 20
_NAME = 60
_COLOURS = {"UNCHANGED": style.GREEN, "CHANGED": style.BLUE}
_COUNTS = ("changed", "first_other", "entered", "left", "moved", "rescored")
_HEADS = ("queries", "changed", "other first", "entered", "left", "moved", "rescored", "overlap")


def retrieval_drift_html(report: RetrievalDrift) -> Markup:
    """Show a row a retriever, its scores then and now, and the queries that changed most."""
    heads = [block.head("retriever"), *map(block.number_head, _HEADS)]
    shown = report.retrievers[:MOST_RETRIEVERS]
    rows = [
        block.row(
            block.row_head(abbreviate(each.retriever, _NAME)), *map(block.number_cell, _cells(each))
        )
        for each in shown
    ]
    return block.outer(
        block.heading(_badge(report.verdict), element("strong", abbreviate(report.corpus, _NAME))),
        block.subline(_subject(report)),
        *(element("div", words, dir="auto") for words in report.reasons[:MAX_ROWS]),
        block.table(f"The first {report.k} documents of each query", heads, rows),
        *(_scores(each, report.k) for each in shown),
        *(_queries(each) for each in shown),
    )


def retrieval_drift_text(report: RetrievalDrift) -> str:
    """Return a line a retriever, and the scores that changed."""
    lines = [f"{_words(report.verdict)}: {abbreviate(report.corpus, _NAME)}"]
    lines += [block.DOT.join(_subject(report)), *report.reasons[:MAX_ROWS], ""]
    cells = [(each.retriever, *_cells(each)) for each in report.retrievers]
    lines += columns(("retriever", *_HEADS), cells, numbers=range(1, len(_HEADS) + 1), gives_way=0)
    for each in report.retrievers[:MOST_RETRIEVERS]:
        lines += [
            f"  {abbreviate(each.retriever, _NAME)} {item.scorer}  "
            f"{difference_words(item, is_proportion=item.is_proportion)}"
            for item in _at(each, report.k)
        ]
    return visible("\n".join(lines))


def _words(verdict: str) -> str:
    marks = {"UNCHANGED": "✓ UNCHANGED", "CHANGED": "≠ CHANGED"}
    return marks.get(verdict) or block.verdict_words(verdict)


def _badge(verdict: str) -> Markup:
    return block.badge(_words(verdict), _COLOURS.get(verdict, style.AMBER))


def _subject(report: RetrievalDrift) -> list[str]:
    same = report.index_then == report.index_now
    now = "the same index" if same else f"now {short_digest(report.index_now)}"
    return [
        abbreviate(report.queries, _NAME),
        f"then {short_digest(report.index_then)} ({report.then_at[:16]})",
        now,
        f"{report.then} → {report.now}",
    ]


def _cells(each: RetrieverDrift) -> tuple[str, ...]:
    counts = (count(getattr(each, name)) for name in _COUNTS)
    return (count(each.queries), *counts, share(each.overlap))


def _at(each: RetrieverDrift, k: int) -> list[ScoreDifference]:
    return [item for item in each.differences if item.scorer.endswith(f"@{k}")]


def _scores(each: RetrieverDrift, k: int) -> Markup:
    rows = [
        block.row(
            block.row_head(item.scorer),
            block.cell(difference_words(item, is_proportion=item.is_proportion)),
            block.cell(reading(item.verdict)),
        )
        for item in _at(each, k)
    ]
    if not rows:
        return Markup()
    heads = [block.head("score"), block.head("now minus then"), block.head("reading")]
    name = abbreviate(each.retriever, _NAME)
    table = block.table(f"{name}: scores paired by query, adjusted (Holm)", heads, rows)
    return block.fold(f"{name}: scores at k = {k}", table)


def _queries(each: RetrieverDrift) -> Markup:
    if not each.per_query:
        return Markup()
    shown = each.per_query[:MAX_ROWS]
    room = Room(TABLE_BYTES // MOST_RETRIEVERS, rows=len(shown))
    rows: list[Markup] = []
    for query in shown:
        row = _query(query, min(room.text, LEAST_CHARACTERS * 2))
        if not room.takes(row):
            if not rows:  # one giant row: its beginning is better than nothing
                rows.append(_query(query, LEAST_CHARACTERS))
            break
        rows.append(row)
    heads = [block.head("query"), block.number_head("overlap"), block.head("what changed")]
    name = abbreviate(each.retriever, _NAME)
    table = block.table(f"{name}: the queries that changed most first", heads, rows, wide=True)
    return join([table, block.more(len(each.per_query) - len(rows), "row")])


def _query(query: QueryDrift, characters: int) -> Markup:
    moved = [_movement(each) for each in query.movements[:_MOST_MOVEMENTS]]
    return block.row(
        element(
            "td",
            element("div", abbreviate(query.query_id, _NAME), dir="auto", style=style.SMALL),
            block.prose(query.text, characters),
            style=style.CELL,
        ),
        block.number_cell(share(query.overlap)),
        block.cell(
            block.bullets(moved), block.more(len(query.movements) - _MOST_MOVEMENTS, "document")
        ),
    )


def _movement(each: Movement) -> str:
    relevant = " (relevant)" if each.is_relevant else ""
    places = f"{_place(each.rank_then)} → {_place(each.rank_now)}"
    scores = f"{number(each.score_then)} → {number(each.score_now)}"
    return f"{each.kind}: {abbreviate(each.document_id, _NAME)}{relevant} {places}, score {scores}"


def _place(rank: int | None) -> str:
    return NOTHING if rank is None else f"rank {rank}"
