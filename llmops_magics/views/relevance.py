"""How labelled queries look that were made here: written by a model, or graded by people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import NOTHING, count, moment, money, number, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.room import Room

if TYPE_CHECKING:
    from llmops_magics.evals.retrieval.labelling.report import (
        LabelAgreement,
        LabelledQuery,
        RelevanceLabelling,
    )
    from llmops_magics.evals.retrieval.synthesis.record import QuerySynthesis, SyntheticQuery

TABLE_BYTES = 200_000
_NAME = 60
_FEW = 10
_SYNTHETIC_NOTE = (
    "A model wrote these: they tell retrievers apart, and say less of what users ask. Reports "
    "count them, and mixed with others each kind is a slice."
)
_GRADES = {"0": "not relevant", "1": "related", "2": "relevant", "3": "perfect"}
_HOW = (
    "Grade on a notebook's page, with the keys 0 to 3; without one write the pool with --write "
    "FILE, fill in `grade`, and take it back with --read FILE."
)


def query_synthesis_html(record: QuerySynthesis) -> Markup:
    """Show how many questions came of it, what was dropped and why, and the first of them."""
    word = f"✓ {plural(record.written, 'synthetic question')}"
    colour = style.GREEN if record.written else style.AMBER
    dropped = [
        block.row(block.row_head(reason), block.number_cell(count(number)))
        for reason, number in record.dropped.items()
    ]
    heads = [block.head("dropped: the model gave"), block.number_head("chunks")]
    return block.outer(
        block.heading(
            element("strong", abbreviate(record.corpus, _NAME)), block.badge(word, colour)
        ),
        block.subline(_synthesis_subject(record)),
        element("div", _SYNTHETIC_NOTE, style=style.SMALL),
        block.table("What could not be used", heads, dropped) if dropped else None,
        _questions(record),
        element("div", _drawn_words(record), style=style.SMALL),
    )


def query_synthesis_text(record: QuerySynthesis) -> str:
    """Return the counts, and the first questions."""
    lines = [
        f"{plural(record.written, 'synthetic question')} on {abbreviate(record.corpus, _NAME)}",
        block.DOT.join(part for part in _synthesis_subject(record) if part),
        *(f"  dropped {number:,}: {reason}" for reason, number in record.dropped.items()),
        *(
            f"  {abbreviate(query.question, 100)}  [{abbreviate(query.document_id, _NAME)} "
            f"{query.start}-{query.end}]"
            for query in record.queries[:_FEW]
        ),
        _drawn_words(record),
    ]
    return visible("\n".join(lines))


def relevance_labelling_html(record: RelevanceLabelling) -> Markup:
    """Show how far the labelling is, the grades, the agreement, and a row a query."""
    word = f"{count(record.own)} of {plural(record.pooled, 'passage')} graded"
    colour = style.AMBER if record.open else style.GREEN
    people = [
        block.row(block.row_head(abbreviate(who, _NAME)), block.number_cell(count(number)))
        for who, number in list(record.labellers.items())[:_FEW]
    ]
    grades = [
        block.row(block.row_head(f"{grade} {_GRADES.get(grade, '')}"), block.number_cell(count(n)))
        for grade, n in record.grades.items()
    ]
    head = [block.head("grade"), block.number_head("passages")]
    labellers = [block.head("labeller"), block.number_head("passages")]
    return block.outer(
        block.heading(
            element("strong", f"Labels on {abbreviate(record.corpus, _NAME)}"),
            block.badge(word, colour),
        ),
        block.subline(_labelling_subject(record)),
        *(element("div", words, style=style.SMALL) for words in _notes(record)),
        block.table("Grades, of several people the median", head, grades),
        block.table("By person", labellers, people) if people else None,
        element("div", _agreement_words(record.agreement), style=style.SMALL),
        _per_query(record),
    )


def relevance_labelling_text(record: RelevanceLabelling) -> str:
    """Return how far it is, the grades and the agreement, and the first queries."""
    grades = ", ".join(f"{number:,} of grade {grade}" for grade, number in record.grades.items())
    cells = [
        (abbreviate(row.text, _NAME), *(f"{n:,}" for n in (row.pooled, row.graded, row.relevant)))
        for row in record.per_query[:_FEW]
    ]
    graded = f"{record.own:,} of {plural(record.pooled, 'passage')}"
    lines = [
        f"{graded} on {abbreviate(record.corpus, _NAME)} graded by {record.labeller[:_NAME]}",
        block.DOT.join(part for part in _labelling_subject(record) if part),
        f"  {grades}",
        f"  {_agreement_words(record.agreement)}",
        *_notes(record),
        "",
        *columns(
            ("query", "pooled", "graded", "relevant"), cells, numbers=range(1, 4), gives_way=0
        ),
    ]
    return visible("\n".join(lines))


def _synthesis_subject(record: QuerySynthesis) -> list[str]:
    return [
        f"of {plural(record.asked, 'chunk')} asked about",
        f"in {abbreviate(record.dataset, _NAME)}" if record.dataset else "no dataset was made",
        f"by {abbreviate(record.model, _NAME)}",
        abbreviate(record.prompt, _NAME),
        f"seed {record.seed}",
        f"cost {money(record.cost_usd)}",
        f"index {short_digest(record.index_fingerprint)}",
        record.run_id,
    ]


def _drawn_words(record: QuerySynthesis) -> str:
    words = (
        f"Drawn from {plural(record.candidates, 'chunk')} of "
        f"{plural(record.candidate_documents, 'document')}; the questions are about "
        f"{plural(record.documents, 'document')}."
    )
    if record.too_short:
        words += f" {record.too_short:,} chunks were too short to ask about."
    if record.unreadable:
        words += f" {record.unreadable:,} are not for {abbreviate(record.principal, _NAME)}."
    return words


def _questions(record: QuerySynthesis) -> Markup:
    if not record.queries:
        return Markup()
    heads = [block.head(name) for name in ("question", "quote", "document")]
    heads.append(block.number_head("characters"))
    rows = [_question(query) for query in record.queries]
    table = block.table("Questions, each with the words that answer it", heads, rows, wide=True)
    rest = block.more(record.written - len(rows), "question")
    return block.fold(f"questions ({record.written:,})", table, rest)


def _question(query: SyntheticQuery) -> Markup:
    return block.row(
        block.cell(block.prose(query.question)),
        block.cell(block.folded(query.quote)),
        block.cell(abbreviate(query.document_id, _NAME)),
        block.number_cell(f"{query.start:,}-{query.end:,}"),
    )


def _labelling_subject(record: RelevanceLabelling) -> list[str]:
    return [
        f"by {abbreviate(record.labeller, _NAME)}",
        f"{plural(record.open, 'passage')} open" if record.open else "",
        f"{abbreviate(record.queries, _NAME)}, {record.query_count:,} queries",
        f"the first {record.k} of {', '.join(abbreviate(r, _NAME) for r in record.retrievers)}",
        f"index {short_digest(record.index_fingerprint)}",
        f"saved as {abbreviate(record.dataset, _NAME)} ({record.dataset_cases:,} queries)"
        if record.dataset
        else "",
        f"pool in {abbreviate(record.written, _NAME)}" if record.written else "",
        f"as of {moment(record.at)}",
    ]


def _notes(record: RelevanceLabelling) -> list[str]:
    found = list(record.remarks[:_FEW])
    if record.elsewhere:
        found.append(
            f"{record.elsewhere:,} labelled spans of these queries are in no pool now: they are "
            "kept, and saved while their text is the same."
        )
    if record.outdated:
        found.append(
            f"{record.outdated:,} labels are of a text that has changed: they count no more."
        )
    return [*found, _HOW] if record.open and not record.written else found


def _agreement_words(agreement: LabelAgreement) -> str:
    if not agreement.pairs:
        return "No passage was graded by two people: their agreement is not known."
    alpha = NOTHING if agreement.alpha is None else number(agreement.alpha)
    return (
        f"{plural(agreement.passages, 'passage')} graded by two people or more: the same grade in "
        f"{agreement.same:,} of {agreement.pairs:,} pairs, Krippendorff's alpha {alpha} (ordinal)."
    )


def _per_query(record: RelevanceLabelling) -> Markup:
    room, rows = Room(TABLE_BYTES, rows=len(record.per_query)), []
    for query in record.per_query:
        row = _query_row(query)
        if not room.takes(row):
            break
        rows.append(row)
    names = ("pooled", "graded", "relevant", "contested")
    heads = [block.head("query"), *(block.number_head(name) for name in names)]
    table = block.table("By query", heads, rows)
    rest = record.query_count - len(rows)
    words = element("div", f"and {rest:,} more queries", style=style.SMALL) if rest else None
    return block.fold(f"queries ({record.query_count:,})", *filter(None, (table, words)))


def _query_row(query: LabelledQuery) -> Markup:
    figures = (query.pooled, query.graded, query.relevant, query.contested)
    return block.row(
        block.cell(block.prose(query.text)), *(block.number_cell(count(each)) for each in figures)
    )
