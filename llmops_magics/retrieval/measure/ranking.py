"""Ranked lists: what a retriever returned for one query, by chunk and by document.

Retrievers rank chunks, labels name documents. A document stands where its best chunk stands: its
score is the highest of its chunks' scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import NamedTuple, TypeAlias

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.passage import Passage

Run: TypeAlias = Mapping[str, Mapping[str, float]]
Qrels: TypeAlias = Mapping[str, Mapping[str, int]]


class Hit(NamedTuple):
    """One chunk that was fetched: ``text[start:end]`` of a document; ``end`` None is its end."""

    document_id: str
    start: int
    end: int | None
    score: float


def hits_of(passages: Iterable[Passage]) -> tuple[Hit, ...]:
    """Return passages as hits, in their order."""
    return tuple(Hit(p.document_id, p.start, p.end, p.score) for p in passages)


def check_hits(query_id: str, hits: Sequence[Hit], retriever: str) -> None:
    """Raise ``RetrievalError`` for a score that is no number: nothing can be ranked by it."""
    for hit in hits:
        if not isfinite(hit.score):
            raise RetrievalError(
                f"{retriever} scored {hit.document_id!r} with {hit.score} for the query "
                f"{query_id!r}.",
                hint="A score must be a finite number: check the retriever.",
            )


def document_scores(hits: Iterable[Hit]) -> dict[str, float]:
    """Return the score of each document's best chunk, in the order of first sight."""
    best: dict[str, float] = {}
    for document, _, _, score in hits:
        known = best.get(document)
        if known is None or score > known:
            best[document] = score
    return best


def best_chunks(hits: Iterable[Hit]) -> list[Hit]:
    """Return the best chunk of each document, the documents ranked as ``ranked`` ranks them."""
    best: dict[str, Hit] = {}
    for hit in hits:
        if hit.document_id not in best or hit.score > best[hit.document_id].score:
            best[hit.document_id] = hit
    order = ranked({document: hit.score for document, hit in best.items()})
    return [best[document] for document in order]


def ranked(scores: Mapping[str, float]) -> list[str]:
    """Return documents best first as trec_eval orders them.

    Scores are compared in single precision, and equal ones by the document's id, the last first.
    So nobody gains by the order in which equals are returned.
    """
    from ctypes import c_float

    single = {document: c_float(score).value for document, score in scores.items()}
    return sorted(single, key=lambda document: (single[document], document), reverse=True)
