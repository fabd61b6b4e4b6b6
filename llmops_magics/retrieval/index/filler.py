"""Fill a new collection: as a changed copy of the one in use, or in full.

A copy is changed where few rows differ. Deleted rows leave gaps in Chroma's graph, so that after a
fifth of the rows was changed the collection is written anew, with the vectors that are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llmops_magics.errors import RetrievalError
from llmops_magics.record import format_time, utc_now
from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.chunking.corpus import ChunkedCorpus, chunk_documents
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.index.collection import Collection, row_digest
from llmops_magics.retrieval.index.ledger import (
    ChunkLine,
    DocumentLine,
    Filling,
    Ledger,
    Tally,
    time_text,
)
from llmops_magics.retrieval.index.manifest import IndexManifest
from llmops_magics.retrieval.index.order import Order
from llmops_magics.retrieval.index.place import Place
from llmops_magics.retrieval.index.plan import Changes, Plan, compare_chunks, compare_documents
from llmops_magics.retrieval.index.vectors import Progress, VectorSource

MOST_CHANGED = 0.2
FILL_BATCH = 5000


@dataclass(frozen=True, kw_only=True)
class Filled:
    """How a collection was filled; see ``IndexChange`` and ``IndexManifest``."""

    way: str
    chunk_count: int
    too_long: int
    changed_rows: int = 0
    reused: int = 0
    rewritten: int = 0
    removed: int = 0
    added_documents: int = 0
    changed_documents: int = 0
    removed_documents: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filler:
    """Fills one collection and its part of the ledger."""

    order: Order
    place: Place
    ledger: Ledger
    filling: Filling
    source: VectorSource
    on_progress: Progress | None = None

    def fill(self, base: IndexManifest | None) -> Filled:
        """Fill the collection, from a copy of ``base`` if that can be changed into it."""
        filled = None if base is None else self._from_copy(base)
        return filled or self._in_full(base)

    def _from_copy(self, base: IndexManifest) -> Filled | None:
        is_alike = base.chunker_fingerprint == self.order.chunker.fingerprint
        old = self.ledger.filling(base.collection)
        copy = self.place.copy if base.server == self.place.server else None
        if old is None or not is_alike or copy is None:
            return None
        if not self._holds(base.collection, self.ledger.chunk_ids(old.id)):
            return None
        documents = self.ledger.documents(old.id)
        changes = compare_documents(documents, self.order.read())
        cut = self._cut(changes.changed)
        affected = {document.id for document in changes.changed} | set(changes.gone)
        plan = compare_chunks(self.ledger.chunks_of(old.id, affected), cut.chunks)
        rows = base.changed_rows + plan.rows
        if rows > MOST_CHANGED * base.chunk_count:
            return None
        vectors = self.source.of(plan.write, len(plan.write), self.on_progress)
        copy(base.collection, self.filling.collection)
        with self.place.open(self.filling.collection) as collection:
            if collection is not None:  # else the count below says so
                collection.delete(plan.delete)
                collection.add(plan.write, vectors)
                collection.update(plan.rewrite)
        now = self._note(old, changes, plan, cut)
        with self.place.open(self.filling.collection) as collection:
            self._check(collection, now.chunks)
        before = documents.keys()
        added = sum(document.id not in before for document in changes.changed)
        return Filled(
            way="copied",
            chunk_count=now.chunks,
            too_long=now.long,
            changed_rows=rows,
            reused=now.chunks - self.source.embedded,
            rewritten=len(plan.rewrite),
            removed=len(plan.delete),
            added_documents=added,
            changed_documents=len(changes.changed) - added,
            removed_documents=len(changes.gone),
            remarks=cut.remarks,
        )

    def _holds(self, collection: str, ids: set[str]) -> bool:
        with self.place.open(collection) as opened:
            return opened is not None and set(opened.ids()) == ids

    def _note(self, old: Filling, changes: Changes, plan: Plan, cut: ChunkedCorpus) -> Tally:
        """Bring the ledger to where the collection is, and count its chunks."""
        new = self.filling.id
        self.ledger.copy(old.id, new)
        self.ledger.remove(new, changes.gone, plan.delete)
        documents = [*_document_lines(changes.changed, cut.chunks), *changes.touched]
        self.ledger.add(new, documents, self._chunk_lines([*plan.write, *plan.rewrite]))
        return self.ledger.tally(new)

    def _in_full(self, base: IndexManifest | None) -> Filled:
        documents = tuple(self.order.documents())
        cut = self._cut(documents)
        if not cut.chunks:
            raise RetrievalError(
                "the documents have no text to index.", hint=f"{cut.chunker} cut no chunk of them."
            )
        total = len(cut.chunks)
        with self.place.create(self.filling.collection) as collection:
            for start in range(0, total, FILL_BATCH):
                batch = cut.chunks[start : start + FILL_BATCH]
                collection.add(batch, self.source.of(batch, total, self.on_progress))
        self.ledger.add(
            self.filling.id, _document_lines(documents, cut.chunks), self._chunk_lines(cut.chunks)
        )
        with self.place.open(self.filling.collection) as opened:
            self._check(opened, total)
        return self._filled(base, cut)

    def _filled(self, base: IndexManifest | None, cut: ChunkedCorpus) -> Filled:
        """Count what is new against the index in use."""
        old = self.ledger.filling(base.collection) if base else None
        before = self.ledger.documents(old.id) if old else {}
        now = self.ledger.documents(self.filling.id)
        gone = self.ledger.chunk_ids(old.id) if old else set()
        same = before.keys() & now.keys()
        return Filled(
            way="written",
            chunk_count=len(cut.chunks),
            too_long=self.ledger.tally(self.filling.id).long,
            reused=len(cut.chunks) - self.source.embedded,
            removed=len(gone - {chunk.id for chunk in cut.chunks}),
            added_documents=len(now.keys() - before.keys()),
            changed_documents=sum(before[each].digest != now[each].digest for each in same),
            removed_documents=len(before.keys() - now.keys()),
            remarks=cut.remarks,
        )

    def _cut(self, documents: Sequence[Document]) -> ChunkedCorpus:
        limit = getattr(self.order.embedder, "max_tokens", None)
        return chunk_documents(documents, self.order.chunker, max_tokens=limit)

    def _check(self, collection: Collection | None, expected: int) -> None:
        """Refuse to point to a collection that does not hold what was written."""
        count = 0 if collection is None else collection.count()
        if count != expected:
            raise RetrievalError(
                f"the new index of {self.order.corpus!r} holds {count:,} of {expected:,} chunks.",
                hint="It is not used; the old one stays in use. Build again.",
            )

    def _chunk_lines(self, chunks: Sequence[Chunk]) -> Iterator[ChunkLine]:
        now = format_time(utc_now())
        limit = getattr(self.order.embedder, "max_tokens", None)
        tokenizer = self.order.chunker.tokenizer
        titles: dict[str, int] = {"": 0}
        for chunk in chunks:
            if chunk.title not in titles:
                titles[chunk.title] = tokenizer.count(f"{chunk.title}. ")
            length = chunk.token_count + titles[chunk.title] + tokenizer.special_tokens
            yield ChunkLine(
                id=chunk.id,
                document_id=chunk.document_id,
                content_digest=chunk.content_digest,
                row_digest=row_digest(chunk),
                is_long=limit is not None and length > limit,
                indexed_at=now,
            )


def _document_lines(
    documents: Sequence[Document], chunks: Sequence[Chunk]
) -> Iterator[DocumentLine]:
    counts: dict[str, int] = {}
    for chunk in chunks:
        counts[chunk.document_id] = counts.get(chunk.document_id, 0) + 1
    for each in documents:
        yield DocumentLine(
            each.id, each.digest, each.source, time_text(each.updated_at), counts.get(each.id, 0)
        )
