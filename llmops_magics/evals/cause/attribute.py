"""The cause of each failing case: which stage on the way to the answer lost the evidence first.

A piece of evidence is held against, in this order: the corpus (``not in the corpus``), its copies
(``stale``: in the corpus, but the index or the source holds another text), the context that was
given (``not retrieved``, with its rank in a deeper search), and the answers (``retrieved but
unused``, ``used but wrong``). A case with several pieces has the cause of the one that went missing
first in this order; of alternatives, which guesses are, the one that came furthest counts.

Pure: the same samples and texts give the same causes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from llmops_magics.evals.cause.evidence import Evidence, alternatives, labelled, sentence_around
from llmops_magics.evals.cause.failing import FailingCase
from llmops_magics.evals.cause.holding import Copies, Holdings
from llmops_magics.evals.cause.record import (
    NOT_IN_CORPUS,
    NOT_RETRIEVED,
    RETRIEVAL_CAUSES,
    STAGES,
    STALE,
    UNKNOWN,
    UNUSED,
    WRONG,
    CauseRow,
)
from llmops_magics.evals.cause.use import DRAWS, share_used
from llmops_magics.evals.scorers.text import squeeze, words
from llmops_magics.retrieval.context import GivenPassage
from llmops_magics.retrieval.passage import Passage

HELD = 0.5  # of a span's characters: from there on it counts as given
_FOREIGN_WORDS = 4  # a shorter text may stand in another document by chance
_EXCERPT = 300
_QUERIES = 50  # asked at once
NO_EVIDENCE = "no label says what would answer it, and its expected answer stands in no document"
HIDDEN = "it rests on a document that whoever asked may not read"
NO_CORPUS = "nobody says which corpus its context is from, or that is here no more"


@dataclass(frozen=True)
class _Finding:
    piece: Evidence
    cause: str
    why: str = ""
    rank: int | None = None
    depth: int = 0
    share: float | None = None

    @property
    def stage(self) -> int:
        return STAGES.index(self.cause) if self.cause in STAGES else -1


def attribute(
    cases: Sequence[FailingCase],
    holdings: Holdings,
    found: Mapping[str, Sequence[Evidence]] | None = None,
) -> tuple[CauseRow, ...]:
    """Return a row a case, in their order.

    ``found`` are the places where the expected answers stand (``find_expected``), by case; they
    count where a case has no labels.
    """
    judged = [
        (case, _findings(case, holdings, (found or {}).get(case.case_id, ()))) for case in cases
    ]
    ranked = _ranked(judged, holdings)
    return tuple(_row(case, ranked.get(n, own), holdings) for n, (case, own) in enumerate(judged))


def _findings(case: FailingCase, holdings: Holdings, places: Sequence[Evidence]) -> list[_Finding]:
    if case.problem:
        return [_Finding(Evidence(document_id=""), UNKNOWN, case.problem)]
    if case.labels is not None:
        pieces = [labelled(label, case.expected, holdings) for label in case.labels]
        return [_judge(each, case, holdings) for each in dict.fromkeys(pieces)]
    judged = [_judge(each, case, holdings) for each in alternatives(places)]
    if not judged:
        why = NO_EVIDENCE if holdings.name else NO_CORPUS
        return [_Finding(Evidence(document_id=""), UNKNOWN, why)]
    return [max(judged, key=lambda each: each.stage)]


def _judge(piece: Evidence, case: FailingCase, holdings: Holdings) -> _Finding:
    if piece.document_id in holdings.hidden:
        return _Finding(Evidence(document_id=piece.document_id), UNKNOWN, HIDDEN)
    if piece.fault:
        return _Finding(piece, UNKNOWN, piece.fault)
    copies = holdings.copies(piece.document_id)
    is_given = _is_given(piece, case, copies, holdings)
    if copies.corpus is None and not is_given:
        return _absent(piece, copies, holdings)
    stale = _stale(piece, case, copies, holdings, is_given=is_given)
    if stale:
        return _Finding(piece, STALE, stale)
    if not is_given:
        other = case.retrieved.of(piece.document_id)
        why = f"another part of it was, at rank {other[0].rank}" if other else ""
        return _Finding(piece, NOT_RETRIEVED, why)
    return _used(piece, case, copies, holdings)


def _absent(piece: Evidence, copies: Copies, holdings: Holdings) -> _Finding:
    if not holdings.name:
        return _Finding(piece, UNKNOWN, NO_CORPUS)
    why = f"{holdings.name} has no document {piece.document_id}"
    if copies.source is not None:
        why += "; its source has one by now: add it again"
    elif copies.index is not None:
        why += "; its index still has one: refresh it"
    return _Finding(piece, NOT_IN_CORPUS, why)


def _stale(
    piece: Evidence, case: FailingCase, copies: Copies, holdings: Holdings, *, is_given: bool
) -> str:
    """Say which copy differs in what matters, nothing where none does."""
    if copies.corpus is None:
        return ""
    if holdings.index is not None and copies.index is None and not is_given:
        return "the index does not hold the document"
    if holdings.source is not None and copies.source is None:
        return "the source no longer has the document"
    in_corpus = _says(piece, copies.corpus, copies.corpus)
    if copies.source is not None and _says(piece, copies.source, copies.corpus) != in_corpus:
        return "the source holds another text than the corpus"
    if is_given and (piece.text or _is_as_given(piece, case, copies.corpus)):
        return ""
    if holdings.index is None:
        return ""
    is_other = copies.index is None or _says(piece, copies.index, copies.corpus) != in_corpus
    if is_other:
        return "the index holds another text than the corpus"
    has_moved = is_given and case.retrieved.index not in ("", holdings.fingerprint)
    return "the context held another text than the corpus has now" if has_moved else ""


def _is_as_given(piece: Evidence, case: FailingCase, corpus: str) -> bool:
    """Tell whether the context held these parts of a document as the corpus has them."""
    context = squeeze(case.context)
    parts = (corpus[p.start : p.end] for p in case.retrieved.of(piece.document_id))
    return all(squeeze(part) in context for part in parts)


def _says(piece: Evidence, copy: str, corpus: str) -> bool:
    """Tell whether a copy says what the piece does; of a whole document, what the corpus says."""
    if piece.text:
        return squeeze(piece.text).casefold() in squeeze(copy).casefold()
    return squeeze(copy) == squeeze(corpus)


def _is_given(piece: Evidence, case: FailingCase, copies: Copies, holdings: Holdings) -> bool:
    """Tell whether the context held the piece."""
    passages = case.retrieved.of(piece.document_id)
    if not piece.text:
        return bool(passages)
    said = words(piece.text)
    is_enough = bool(passages) or len(said) >= _FOREIGN_WORDS
    if is_enough and squeeze(piece.text).casefold() in squeeze(case.context).casefold():
        return True
    if not passages:
        return False
    if said and set(said) <= set(words(case.context)):  # in two passages, one after the other
        return True
    is_same = case.retrieved.index in ("", holdings.fingerprint) and copies.index is not None
    return is_same and _says(piece, copies.index or "", "") and _held(piece, passages) >= HELD


def _held(piece: Evidence, passages: Sequence[GivenPassage | Passage]) -> float:
    """Return the share of a span's characters that passages of its document cover."""
    if piece.start is None or piece.end is None:
        return 0.0
    covered, at = 0, piece.start
    for each in sorted(passages, key=lambda passage: passage.start):
        last = piece.end if each.end is None else min(piece.end, each.end)
        covered += max(0, last - max(at, each.start))
        at = max(at, last)
    return covered / max(1, piece.end - piece.start)


def _used(piece: Evidence, case: FailingCase, copies: Copies, holdings: Holdings) -> _Finding:
    """Hold the answers against the piece; one that draws on none of it decides."""
    text = _told(piece, case, copies, holdings)
    shares = [share_used(answer, text, case.question) for answer in case.answers]
    share = min(shares, default=0.0)
    if share < DRAWS:
        how = "hardly draws on it" if share else "draws on none of it"
        return _Finding(piece, UNUSED, f"the answer {how}", share=share)
    return _Finding(piece, WRONG, "the answer draws on it", share=share)


def _told(piece: Evidence, case: FailingCase, copies: Copies, holdings: Holdings) -> str:
    """Return the text around the piece that an answer may draw on."""
    corpus = copies.corpus if copies.corpus is not None else copies.index
    if piece.start is not None and piece.end is not None and corpus is not None:
        return sentence_around(corpus, piece.start, piece.end)
    if piece.text:
        return piece.text
    if copies.index is None or case.retrieved.index != holdings.fingerprint:
        return case.context
    passages = case.retrieved.of(piece.document_id)
    return "\n\n".join(copies.index[each.start : each.end] for each in passages)


def _ranked(
    judged: Sequence[tuple[FailingCase, list[_Finding]]], holdings: Holdings
) -> dict[int, list[_Finding]]:
    """Look deeper for what was not retrieved; the others are not searched for."""
    missing = [n for n, (_, own) in enumerate(judged) if _first(own).cause == NOT_RETRIEVED]
    asked = [n for n in missing if judged[n][0].question.strip()]
    ranked: dict[int, list[_Finding]] = {}
    if holdings.rank is None:
        return ranked
    for start in range(0, len(asked), _QUERIES):
        some = asked[start : start + _QUERIES]
        lists = holdings.rank([judged[n][0].question for n in some])
        for n, passages in zip(some, lists, strict=True):
            ranked[n] = [_placed(each, passages, holdings) for each in judged[n][1]]
    return ranked


def _placed(finding: _Finding, passages: Sequence[Passage], holdings: Holdings) -> _Finding:
    if finding.cause != NOT_RETRIEVED:
        return finding
    rank = _rank(finding.piece, passages)
    where = f"it stood at rank {rank}" if rank else f"it stood beyond {holdings.depth}"
    why = "; ".join(filter(None, (where, finding.why)))
    return replace(finding, rank=rank, depth=holdings.depth, why=why)


def _rank(piece: Evidence, passages: Sequence[Passage]) -> int | None:
    """Return the rank at which the piece would have been given."""
    own: list[Passage] = []
    for rank, passage in enumerate(passages, 1):
        if passage.document_id != piece.document_id:
            continue
        own.append(passage)
        if not piece.text or _says(piece, passage.text, "") or _held(piece, own) >= HELD:
            return rank
    return None


def _first(findings: Sequence[_Finding]) -> _Finding:
    """Return the finding that decides: the first stage that lost a piece.

    While a piece cannot be told, nothing says that the model had all of them.
    """
    lost = min(findings, key=lambda each: each.stage if each.stage >= 0 else len(STAGES))
    unknown = [each for each in findings if each.stage < 0]
    return lost if lost.cause in RETRIEVAL_CAUSES or not unknown else unknown[0]


def _row(case: FailingCase, findings: Sequence[_Finding], holdings: Holdings) -> CauseRow:
    decides = _first(findings)
    piece = decides.piece
    return CauseRow(
        case_id=case.case_id,
        cause=decides.cause,
        why=decides.why,
        question=case.question[:_EXCERPT],
        document_id=piece.document_id,
        evidence=squeeze(piece.text[: _EXCERPT * 2])[:_EXCERPT],
        basis=piece.basis if piece.document_id else "",
        rank=decides.rank,
        depth=decides.depth,
        share=None if decides.share is None else round(decides.share, 4),
        pieces=len(findings) if piece.document_id else 0,
        retrieved=tuple(each.document_id for each in case.retrieved.passages),
        corpus=holdings.name,
    )
