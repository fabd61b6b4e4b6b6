"""Draw chunks to write questions about: spread over documents, the same ones for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from llmops_magics.evals.scorers.text import words
from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.chunking.chunk import Chunk

MIN_WORDS = 20  # a shorter chunk is a heading, or says too little to be asked about


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The chunks, and how many others were no candidates: too short, or not for this reader."""

    chunks: tuple[Chunk, ...]
    candidates: int
    documents: int  # that the candidates are of
    too_short: int
    unreadable: int


def draw(chunks: Iterable[Chunk], n: int, seed: int, principal: Principal) -> Drawn:
    """Draw up to ``n`` chunks: one of each document before a second one of any.

    Documents and the chunks of each are ordered by a hash of seed and id, so that another document
    in the corpus does not change which chunk of this one is drawn. Of equal texts one is drawn.
    """
    everything = list(chunks)
    allowed = [chunk for chunk in everything if principal.may_read(chunk.groups)]
    long = [chunk for chunk in allowed if _is_long(chunk.text)]
    by_document: dict[str, list[Chunk]] = {}
    for chunk in long:
        by_document.setdefault(chunk.document_id, []).append(chunk)
    ordered = sorted(by_document, key=lambda document: _place(seed, document))
    rounds = zip_longest(
        *(sorted(by_document[d], key=lambda chunk: _place(seed, chunk.id)) for d in ordered)
    )
    turns = (chunk for each in rounds for chunk in each if chunk is not None)
    return Drawn(
        chunks=tuple(_distinct(turns, n)),
        candidates=len(long),
        documents=len(ordered),
        too_short=len(allowed) - len(long),
        unreadable=len(everything) - len(allowed),
    )


def _distinct(chunks: Iterable[Chunk], n: int) -> Sequence[Chunk]:
    found: dict[str, Chunk] = {}
    for chunk in chunks:
        if len(found) == n:
            break
        found.setdefault(chunk.text, chunk)
    return list(found.values())


def _is_long(text: str) -> bool:
    # Words are found one by one only where there may be too few of them.
    return text.count(" ") >= 4 * MIN_WORDS or len(words(text)) >= MIN_WORDS


def _place(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}\0{name}".encode()).hexdigest()
