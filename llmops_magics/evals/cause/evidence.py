"""Evidence: what a case would have needed, as pieces of text in documents.

Labels say it (``relevant``). One that names a whole document is narrowed to the expected answer's
text where that stands in the document: another part of it answers nothing. Without labels the
expected answer's text is looked for in the documents. What is found is a guess, and said to be one:
a text that stands in many documents, or that says nothing, is no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.evals.cause.record import GUESS, LABEL, NARROWED
from llmops_magics.evals.scorers.contains import holds
from llmops_magics.evals.scorers.grounding.word import content_words
from llmops_magics.evals.scorers.text import accepted_answers, squeeze

if TYPE_CHECKING:
    from llmops_magics.evals.cause.failing import FailingCase
    from llmops_magics.evals.cause.holding import Copies, Holdings
    from llmops_magics.retrieval.measure.query import Relevant

MAX_PLACES: Final = 20  # a text that stands in more documents says nothing of any
MAX_SPELLINGS: Final = 20
MAX_TEXT: Final = 2_000  # characters of an expected answer that is looked for
_LEAST_WEIGHT: Final = 1.0
_SENTENCE_END = re.compile(r"[.!?]\s|\n")
_SENTENCE_CHARACTERS = 600

Document = tuple[str, str, str]
"""Id, title and text."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A piece: ``text`` must have been in the context, or any of the document where it is empty.

    ``start`` and ``end`` are its place in the text that the corpus holds, where it is there.
    ``fault`` says why it cannot be looked for.
    """

    document_id: str
    text: str = ""
    start: int | None = None
    end: int | None = None
    basis: str = LABEL
    fault: str = ""


def labelled(label: Relevant, expected: Any, holdings: Holdings) -> Evidence:
    """Return the piece that a label means."""
    copies = holdings.copies(label.document_id)
    piece = Evidence(document_id=label.document_id)
    if label.start is None or label.end is None:
        return _narrowed(piece, expected, copies)
    if label.quote:
        return _quoted(piece, label, copies)
    text = copies.corpus
    if text is None:
        return piece
    if not 0 <= label.start < label.end <= len(text) or not text[label.start : label.end].strip():
        return replace(piece, fault=f"the label names no text of {label.document_id}")
    part = text[label.start : label.end]
    return replace(piece, text=part, start=label.start, end=label.end)


def alternatives(places: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return the places where an expected answer stands, none where they are too many."""
    documents = {place.document_id for place in places}
    return tuple(places) if len(documents) <= MAX_PLACES else ()


def find_expected(
    cases: Sequence[FailingCase], documents: Iterable[Document]
) -> Mapping[str, tuple[Evidence, ...]]:
    """Return where the expected answer of each case stands, by its id; documents are read once.

    Where some of the documents share a word with the question, the others do not count.
    """
    wanted = [(case.case_id, _needles(case), _stems(case.question)) for case in cases]
    found: dict[str, dict[Evidence, bool]] = {case.case_id: {} for case in cases}
    for document_id, title, text in documents:
        plain = squeeze(text).casefold()
        for case_id, texts, asked in wanted:
            own = found[case_id]
            if len(own) > MAX_PLACES * MAX_SPELLINGS:
                continue
            for needle, spelling in texts:
                if needle in plain and holds(text, spelling):
                    piece = located(document_id, spelling, text)
                    own[piece] = own.get(piece, False) or bool(asked & _stems(f"{title} {text}"))
    return {case_id: tuple(_best(own)) for case_id, own in found.items()}


def spellings(expected: Any) -> list[str]:
    """Return the accepted answers that say enough to be looked for."""
    answers = accepted_answers(expected)[:MAX_SPELLINGS]
    return [each for each in answers if len(each) <= MAX_TEXT and _says_something(each)]


def located(document_id: str, spelling: str, text: str, basis: str = GUESS) -> Evidence:
    """Return the piece that a text is, at its first place in a document's text."""
    match = re.search(_loosely(spelling), text, re.IGNORECASE)
    if match is None:  # equal but for its Unicode form
        return Evidence(document_id=document_id, text=spelling, basis=basis)
    start, end = match.span()
    return Evidence(
        document_id=document_id, text=text[start:end], start=start, end=end, basis=basis
    )


def sentence_around(text: str, start: int, end: int) -> str:
    """Return the sentences that a span lies in, not longer than some lines."""
    first, last = max(0, start - _SENTENCE_CHARACTERS), end + _SENTENCE_CHARACTERS
    before = [match.end() for match in _SENTENCE_END.finditer(text, first, start)]
    after = _SENTENCE_END.search(text, max(start, end - 1), last)
    return text[before[-1] if before else first : after.end() if after else last].strip()


def _narrowed(piece: Evidence, expected: Any, copies: Copies) -> Evidence:
    for text in copies.any:
        for spelling in spellings(expected):
            if not holds(text, spelling):
                continue
            if copies.corpus is None or not holds(copies.corpus, spelling):
                return replace(piece, text=spelling, basis=NARROWED)
            return located(piece.document_id, spelling, copies.corpus, NARROWED)
    return piece


def _quoted(piece: Evidence, label: Relevant, copies: Copies) -> Evidence:
    """Return the piece that a label quotes, wherever it stands now."""
    quote = label.quote
    if copies.any and not any(_same_in(text, quote) for text in copies.any):
        return replace(
            piece, fault=f"the label quotes a text that {label.document_id} does not have"
        )
    if copies.corpus is None or not _same_in(copies.corpus, quote):
        return replace(piece, text=quote)
    start, end = label.start or 0, label.end or 0
    if copies.corpus[start:end].split() == quote.split():
        return replace(piece, text=quote, start=start, end=end)
    return located(label.document_id, quote, copies.corpus, LABEL)


def _needles(case: FailingCase) -> list[tuple[str, str]]:
    return [(squeeze(each).casefold(), each) for each in spellings(case.expected)]


def _same_in(text: str, quote: str) -> bool:
    return " ".join(quote.split()) in " ".join(text.split())


def _best(places: Mapping[Evidence, bool]) -> Iterator[Evidence]:
    is_near = any(places.values())
    return (piece for piece, shares in places.items() if shares or not is_near)


def _says_something(text: str) -> bool:
    return sum(word.weight for word in content_words(text)) >= _LEAST_WEIGHT


def _stems(text: str) -> frozenset[str]:
    return frozenset(word.stem for word in content_words(text))


def _loosely(spelling: str) -> str:
    return r"\s+".join(map(re.escape, spelling.split()))
