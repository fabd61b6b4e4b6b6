"""What a refresh has to do: the difference of a corpus to what its index was filled with.

Documents are compared by digest first, and only those that changed are cut into chunks. A chunk is
embedded again if its content changed; if merely its place or its groups did, its row is rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.index.collection import row_digest
from llmops_magics.retrieval.index.ledger import ChunkLine, DocumentLine, time_text


@dataclass(frozen=True)
class Changes:
    """Documents against those of an index: ``touched`` have another time at their source alone."""

    changed: tuple[Document, ...]
    touched: tuple[DocumentLine, ...]
    gone: tuple[str, ...]  # ids
    total: int


@dataclass(frozen=True)
class Plan:
    """Chunks to write, rows to rewrite beside their vectors, and ids to delete."""

    write: tuple[Chunk, ...]
    rewrite: tuple[Chunk, ...]
    delete: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many vectors the collection has to take in or give up."""
        return len(self.write) + len(self.delete)


def compare_documents(
    old: Mapping[str, DocumentLine], documents: Iterable[tuple[Document, str]]
) -> Changes:
    """Compare documents, given with their digests, to those of an index."""
    changed: list[Document] = []
    touched: list[DocumentLine] = []
    seen: set[str] = set()
    for document, digest in documents:
        seen.add(document.id)
        line = old.get(document.id)
        if line is None or (line.digest, line.source) != (digest, document.source):
            changed.append(document)
        elif line.updated_at != (time := time_text(document.updated_at)):
            touched.append(line._replace(updated_at=time))
    gone = tuple(each for each in old if each not in seen)
    return Changes(tuple(changed), tuple(touched), gone, len(seen))


def compare_chunks(old: Sequence[ChunkLine], chunks: Sequence[Chunk]) -> Plan:
    """Compare the chunks of the changed documents to those that these documents had."""
    lines = {line.id: line for line in old}
    write: list[Chunk] = []
    rewrite: list[Chunk] = []
    for chunk in chunks:
        line = lines.pop(chunk.id, None)
        if line is None or line.content_digest != chunk.content_digest:
            write.append(chunk)
        elif line.row_digest != row_digest(chunk):
            rewrite.append(chunk)
    return Plan(tuple(write), tuple(rewrite), tuple(lines))
