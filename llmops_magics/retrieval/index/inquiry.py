"""Ask an index: its nearest chunks to some questions, for somebody, or a reason why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.access import Principal, allow_filter, check_allowed
from llmops_magics.retrieval.embedding.embedder import Embedder, embed_checked
from llmops_magics.retrieval.index.ledger import Ledger
from llmops_magics.retrieval.index.manifest import IndexManifest
from llmops_magics.retrieval.index.place import Place
from llmops_magics.retrieval.index.pointer import current_manifest
from llmops_magics.retrieval.passage import Passage
from llmops_magics.storage.store import Store

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Inquiry:
    """Searches the index that a corpus has at that moment."""

    store: Store
    place_of: Callable[[str], Place]
    corpus: str
    k: int
    principal: Principal

    def passages(self, queries: Sequence[str], embedder: Embedder) -> list[list[Passage]]:
        """Return the nearest chunks a query, best first, and checks that all may be read."""
        manifest = self._manifest(embedder)
        if not queries:
            return []
        vectors, where = embed_checked(embedder, queries), allow_filter(self.principal)
        found = self._query(manifest, vectors, where)
        if found is None:  # two builds may have dropped the collection while we looked
            newer = self._manifest(embedder)
            again = newer.collection != manifest.collection
            found = self._query(newer, vectors, where) if again else None
            manifest = newer
        if found is None:
            check_count(manifest, 0)
        check_allowed(found or [], self.principal)
        return self._dated(manifest, found or [])

    def _manifest(self, embedder: Embedder) -> IndexManifest:
        with self.store.read() as connection:
            manifest = current_manifest(connection, self.corpus)
        check_embedder(manifest, embedder)
        return manifest

    def _query(
        self, manifest: IndexManifest, vectors: Vectors, where: dict[str, Any]
    ) -> list[list[Passage]] | None:
        with self.place_of(manifest.server).open(manifest.collection) as collection:
            if collection is None:
                return None
            check_count(manifest, collection.count())
            return collection.query(vectors, min(self.k, manifest.chunk_count), where)

    def _dated(
        self, manifest: IndexManifest, found: Sequence[Sequence[Passage]]
    ) -> list[list[Passage]]:
        """Add when the documents were changed at their sources, which the ledger knows."""
        ledger = Ledger(self.store)
        filling = ledger.filling(manifest.collection)
        ids = [passage.document_id for passages in found for passage in passages]
        times = ledger.times(filling.id, ids) if filling and ids else {}
        return [[replace(p, updated_at=times.get(p.document_id)) for p in each] for each in found]


def check_embedder(manifest: IndexManifest, embedder: Embedder) -> None:
    """Raise ``RetrievalError`` unless an index can be searched with an embedder."""
    if embedder.fingerprint != manifest.embedding_fingerprint:
        raise RetrievalError(
            f"the index of {manifest.corpus!r} was built with {manifest.embedding_model}"
            f" and cannot be searched with {embedder.name}, or another version of it.",
            hint="Build the index again with this embedder, or use the one it was built with.",
        )
    if embedder.dimension != manifest.dimension:
        raise RetrievalError(
            f"the index of {manifest.corpus!r} has vectors of {manifest.dimension} numbers,"
            f" {embedder.name} makes such of {embedder.dimension}.",
            hint="Build the index again with this embedder.",
        )


def check_count(manifest: IndexManifest, count: int) -> None:
    """Raise ``RetrievalError`` unless a collection holds as many chunks as it should."""
    if count != manifest.chunk_count:
        raise RetrievalError(
            f"the index of {manifest.corpus!r} holds {count:,} of {manifest.chunk_count:,} chunks.",
            hint="Its files were changed or removed: build the index again.",
        )
