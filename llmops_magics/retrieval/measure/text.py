"""The texts that hits and labels point into, and how many tokens lie in a span of one.

Tokens are counted in the simplest way that is the same for every chunker and embedder: a run of
letters, digits and underscores is one, and so is each other character that is no white space. A
token belongs to a span where its first character lies in it, so parts add up to the whole.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

TOKEN = re.compile(r"\w+|[^\w\s]")


class Piece(Protocol):
    """A part of a document that is indexed: a chunk."""

    @property
    def document_id(self) -> str: ...  # noqa: D102

    @property
    def start(self) -> int: ...  # noqa: D102

    @property
    def text(self) -> str: ...  # noqa: D102


def texts_of_chunks(chunks: Iterable[Piece]) -> dict[str, str]:
    """Return each document as its chunks tell it, at its own offsets; what none holds is blank."""
    pieces: dict[str, list[tuple[int, str]]] = {}
    for chunk in chunks:
        pieces.setdefault(chunk.document_id, []).append((chunk.start, chunk.text))
    return {document: _joined(sorted(own)) for document, own in pieces.items()}


def _joined(pieces: Sequence[tuple[int, str]]) -> str:
    parts: list[str] = []
    at = 0
    for start, text in pieces:
        parts.append(" " * (start - at))
        parts.append(text[max(0, at - start) :])
        at = max(at, start + len(text))
    return "".join(parts)


class Tokens:
    """Counts the tokens of spans; a document's are found when it is first asked for."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._starts: dict[str, list[int]] = {}

    def count(self, document: str, start: int = 0, end: int | None = None) -> int:
        """Return how many tokens begin in ``[start, end)``; none of an unknown document."""
        if document not in self._starts:
            text = self._texts.get(document, "")
            self._starts[document] = [found.start() for found in TOKEN.finditer(text)]
        starts = self._starts[document]
        last = len(starts) if end is None else bisect_left(starts, end)
        return max(0, last - bisect_left(starts, start))

    def length(self, document: str) -> int:
        """Return the length of a document in characters; 0 of an unknown one."""
        return len(self._texts.get(document, ""))
