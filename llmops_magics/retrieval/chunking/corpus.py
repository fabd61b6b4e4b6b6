"""Cut documents into chunks, and count what is worth knowing of it.

Every place that a chunker returns is checked before it is used: a wrong one would be shown as a
wrong source later on, when nobody can tell any more.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.chunking.chunk import Chunk, chunk_id
from llmops_magics.retrieval.chunking.chunker import Chunker, Spans
from llmops_magics.retrieval.document import Document

Progress = Callable[[int, int], None]
REPORT_EVERY = 50


class LongChunkWarning(UserWarning):
    """Chunks are longer than the embedder reads: their ends take no part in their vectors."""


@dataclass(frozen=True, kw_only=True)
class ChunkedCorpus:
    """The chunks of all documents, in the documents' order.

    ``too_long`` counts chunks that with their title have more than ``max_tokens`` tokens (None:
    nobody knows the limit), ``longest_tokens`` is the longest's number. ``unchunked`` are the
    documents that have no chunk, as blank ones; ``uncovered_chars`` the characters that are no
    blank and stand in no chunk.
    """

    chunks: tuple[Chunk, ...]
    chunker: str
    chunker_fingerprint: str
    document_count: int
    max_tokens: int | None = None
    too_long: int = 0
    longest_tokens: int = 0
    unchunked: tuple[str, ...] = ()
    uncovered_chars: int = 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """What somebody who reads the result should know, in whole sentences."""
        said = []
        if self.too_long:
            said.append(
                f"{self.too_long:,} of {len(self.chunks):,} chunks are longer than the"
                f" {self.max_tokens} tokens that the embedder reads (the longest has"
                f" {self.longest_tokens:,}): only their beginnings are embedded."
            )
        if self.unchunked:
            said.append(f"{len(self.unchunked):,} documents have no text to cut into chunks.")
        if self.uncovered_chars:
            said.append(f"{self.uncovered_chars:,} characters stand in no chunk.")
        return tuple(said)


def chunk_documents(
    documents: Sequence[Document],
    chunker: Chunker,
    *,
    max_tokens: int | None = None,
    on_progress: Progress | None = None,
) -> ChunkedCorpus:
    """Cut documents; ``max_tokens`` is what the embedder reads, with the tokens that it adds.

    Warns (``LongChunkWarning``) with the number of chunks above it. ``on_progress(done, total)`` is
    told of documents. Raises ``RetrievalError`` for a chunker whose places cannot be right.
    """
    chunks: list[Chunk] = []
    unchunked: list[str] = []
    lengths: list[int] = []
    uncovered = 0
    for done, document in enumerate(documents, 1):
        spans = _checked(document, chunker)
        cut = list(_chunks(document, spans, chunker))
        lengths.extend(_embedded_lengths(document, cut, chunker))
        chunks.extend(cut)
        uncovered += _uncovered(document.text, spans)
        if not cut:
            unchunked.append(document.id)
        if on_progress is not None and (done % REPORT_EVERY == 0 or done == len(documents)):
            on_progress(done, len(documents))
    result = ChunkedCorpus(
        chunks=tuple(chunks),
        chunker=chunker.name,
        chunker_fingerprint=chunker.fingerprint,
        document_count=len(documents),
        max_tokens=max_tokens,
        too_long=0 if max_tokens is None else sum(length > max_tokens for length in lengths),
        longest_tokens=max(lengths, default=0),
        unchunked=tuple(unchunked),
        uncovered_chars=uncovered,
    )
    if result.too_long:
        message = f"{result.remarks[0]} Make them smaller: {chunker.name} cut them."
        warnings.warn(message, LongChunkWarning, stacklevel=2)
    return result


def _chunks(document: Document, spans: Spans, chunker: Chunker) -> Iterator[Chunk]:
    seen: Counter[str] = Counter()
    for number, (start, end) in enumerate(spans):
        text = document.text[start:end]
        yield Chunk(
            id=chunk_id(document.id, text, chunker.fingerprint, seen[text]),
            document_id=document.id,
            number=number,
            start=start,
            end=end,
            text=text,
            token_count=chunker.tokenizer.count(text),
            title=document.title,
            groups=document.groups,
            source=document.source,
            updated_at=document.updated_at,
            metadata=document.metadata,
        )
        seen[text] += 1


def _embedded_lengths(
    document: Document, chunks: Sequence[Chunk], chunker: Chunker
) -> Iterator[int]:
    """Yield the tokens of each chunk as the embedder reads it, behind the title."""
    tokenizer = chunker.tokenizer
    title = tokenizer.count(f"{document.title}. ") if document.title else 0
    added = title + tokenizer.special_tokens
    return (chunk.token_count + added for chunk in chunks)


def _checked(document: Document, chunker: Chunker) -> list[tuple[int, int]]:
    spans = list(chunker.split(document.text))
    before = -1
    for place in spans:
        if not _is_place(place, len(document.text)) or place[0] < before:
            raise RetrievalError(
                f"{chunker.name} cut {document.id} at {str(place)[:60]}, which is no part of its"
                f" {len(document.text):,} characters, or out of order.",
                hint="A chunker returns (start, end) in characters, ordered by start, none empty.",
            )
        before = place[0]
    return spans


def _is_place(place: object, length: int) -> bool:
    return (
        isinstance(place, tuple | list)
        and len(place) == 2
        and all(isinstance(at, int) and not isinstance(at, bool) for at in place)
        and 0 <= place[0] < place[1] <= length
    )


def _uncovered(text: str, spans: Spans) -> int:
    """Count the characters between chunks, blanks left out."""
    count = reached = 0
    for start, end in [*spans, (len(text), len(text))]:
        if start > reached:
            count += len("".join(text[reached:start].split()))
        reached = max(reached, end)
    return count
