"""How a search and a check of access look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block
from llmops_magics.views.column import columns
from llmops_magics.views.format import count, duration, number, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from llmops_magics.retrieval.canary import AccessCheck, PrincipalRow
    from llmops_magics.retrieval.passage import Passage
    from llmops_magics.workbench.search import SearchResult

MAX_ROWS = 50
_NAME = 80
_SNIPPET = 300
_ACCESS_HEADS = ("asked", "may read", "found", "may not read", "leaks")


@masked
def search_result_html(result: SearchResult) -> Markup:
    """Show a row a passage; its text opens."""
    heads = [
        block.number_head("rank"),
        block.number_head("score"),
        block.head("document"),
        block.head("text"),
    ]
    shown = result.passages[:MAX_ROWS]
    rows = [
        block.row(
            block.number_cell(str(each.rank)),
            block.number_cell(number(each.score)),
            block.cell(
                element("div", abbreviate(each.title or each.document_id, _NAME), dir="auto"),
                block.subline(_place(each)),
            ),
            block.cell(block.folded(each.text, _SNIPPET)),
        )
        for each in shown
    ]
    return block.outer(
        block.heading(element("strong", abbreviate(result.query, 200))),
        block.subline(_facts(result)),
        block.table("Passages, best first", heads, rows) if rows else None,
        block.more(len(result.passages) - MAX_ROWS, "passage"),
    )


@masked
def search_result_text(result: SearchResult) -> str:
    """Return a few lines a passage."""
    lines = [abbreviate(result.query, 200), f"  {block.DOT.join(_facts(result))}"]
    for each in result.passages[:MAX_ROWS]:
        place = block.DOT.join(_place(each))
        lines += [f"{each.rank:>4}. {number(each.score)}  {place}"]
        lines += [f"        {abbreviate(each.text, _SNIPPET)}"]
    return visible("\n".join(lines))


@masked
def access_check_html(check: AccessCheck) -> Markup:
    """Show a row a principal, and every leak."""
    heads = [block.head("principal"), *map(block.number_head, _ACCESS_HEADS)]
    rows = [
        block.row(
            block.row_head(abbreviate(each.principal, _NAME)),
            *(block.number_cell(count(value)) for value in _counts(each)),
        )
        for each in check.rows[:MAX_ROWS]
    ]
    leaks = _leaks(check)
    return block.outer(
        block.heading(
            block.badge(block.verdict_words(check.verdict), block.verdict_colour(check.verdict)),
            element("strong", f"Access to {abbreviate(check.corpus, _NAME)}"),
        ),
        block.subline(_access_facts(check)),
        block.table("Who got what", heads, rows),
        block.more(len(check.rows) - MAX_ROWS, "principal"),
        block.bullets(leaks[:MAX_ROWS]) if leaks else None,
        block.more(len(leaks) - MAX_ROWS, "leak"),
    )


@masked
def access_check_text(check: AccessCheck) -> str:
    """Return a line a principal, and one a leak."""
    lines = [
        f"{block.verdict_words(check.verdict)}: access to {abbreviate(check.corpus, _NAME)}",
        f"  {block.DOT.join(_access_facts(check))}",
    ]
    cells = [(each.principal, *map(count, _counts(each))) for each in check.rows]
    lines += columns(
        ("principal", *_ACCESS_HEADS), cells, numbers=range(1, len(_ACCESS_HEADS) + 1), gives_way=0
    )
    return visible("\n".join([*lines, *(f"  {leak}" for leak in _leaks(check)[:MAX_ROWS])]))


def _facts(result: SearchResult) -> list[str]:
    return [
        f"{plural(len(result.passages), 'passage')} of {abbreviate(result.corpus, _NAME)}",
        abbreviate(result.retriever, _NAME),
        f"for {abbreviate(result.principal, _NAME)}",
        f"index {short_digest(result.index_fingerprint)}",
        duration(result.ms),
        *([f"{result.held_back} held back by [guard]"] if result.held_back else []),
    ]


def _place(passage: Passage) -> list[str]:
    end = "" if passage.end is None else f"{passage.end:,}"
    is_whole = passage.start == 0 and passage.end is None
    return [
        abbreviate(passage.document_id, _NAME),
        *([] if is_whole else [f"characters {passage.start:,} to {end or 'the end'}"]),
        *([f"changed {passage.updated_at:%Y-%m-%d}"] if passage.updated_at else []),
    ]


def _access_facts(check: AccessCheck) -> list[str]:
    facts = [
        f"{plural(check.protected, 'document')} not for everybody",
        plural(check.canaries, "canary document"),
        abbreviate(check.retriever, _NAME),
        f"the first {check.k}",
        f"index {short_digest(check.index_fingerprint)}",
    ]
    if check.verdict == "INCONCLUSIVE":
        facts.append("no canary is forbidden to anybody who asked, so nothing was tried")
    return facts


def _counts(row: PrincipalRow) -> tuple[int, ...]:
    return (row.allowed + row.forbidden, row.allowed, row.found, row.forbidden, len(row.leaks))


def _leaks(check: AccessCheck) -> list[str]:
    return [
        f"{abbreviate(row.principal, _NAME)} got {abbreviate(leak.document_id, _NAME)} at rank "
        f"{leak.rank}, which only {block.names(leak.groups) or 'nobody'} may read"
        for row in check.rows
        for leak in row.leaks
    ]
