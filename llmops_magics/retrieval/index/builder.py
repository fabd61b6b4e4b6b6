"""Fill a collection and only then point to it.

A build never changes the collection that is in use. It makes another one, checks that it holds
what it should, and moves the pointer in one transaction: a process killed before that leaves the
old index in use, and the next build drops what it left and takes the vectors from the cache. The
index in use and the one before it are kept, all others of the corpus are dropped.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from llmops_magics.errors import RetrievalError
from llmops_magics.record import utc_now
from llmops_magics.retrieval.embedding.cache import EmbeddingCache
from llmops_magics.retrieval.index.filler import Filled, Filler
from llmops_magics.retrieval.index.ledger import Filling, Ledger, is_given_up
from llmops_magics.retrieval.index.lock import locked
from llmops_magics.retrieval.index.manifest import IndexManifest
from llmops_magics.retrieval.index.order import Order
from llmops_magics.retrieval.index.place import FolderPlace, Place, ServerPlace
from llmops_magics.retrieval.index.pointer import DROP, Pointers, move, read_pointers
from llmops_magics.retrieval.index.record import IndexChange
from llmops_magics.retrieval.index.vectors import Earlier, Progress, VectorSource
from llmops_magics.storage.store import Store

BUILD_TIMEOUT_S = 600


@dataclass(frozen=True)
class Builder:
    """Builds, reverts and drops the indexes of a store; new collections go to ``place``."""

    store: Store
    folder: Path  # of the workspace's own collections, and of the locks
    place: Place
    actor: Callable[[], str]
    cache: EmbeddingCache | None = None

    def build(self, order: Order, on_progress: Progress | None = None) -> IndexChange:
        """Make sure that an order is filled and in use. Raises ``RetrievalError``."""
        began = time.monotonic()
        with self._alone(order.corpus):
            pointers = self._pointers(order.corpus)
            change = self._there(order, pointers) or self._fill(order, pointers, on_progress)
            self._collect(order.corpus)
        if on_progress is not None and not change.embedded + change.reused:
            on_progress(change.manifest.chunk_count, change.manifest.chunk_count)
        return replace(change, duration_s=time.monotonic() - began)

    def revert(self, corpus: str) -> IndexChange:
        """Point to the index before the one in use; doing so again goes back."""
        with self._alone(corpus):
            current, before = self._pointers(corpus)
            if current is None or before is None:
                raise RetrievalError(
                    f"{corpus!r} has no index to go back to.",
                    hint="One is kept from the second build on.",
                )
            if not self.is_complete(before):
                raise RetrievalError(
                    f"the index of {corpus!r} before this one is not there in full.",
                    hint="Build it again from that version of the corpus.",
                )
            with self.store.write(lock=f"index {corpus}") as connection:
                move(connection, before, "revert", actor=self.actor())
        return IndexChange(
            corpus=corpus, action="revert", way="there", manifest=before, before=current
        )

    def drop(self, corpus: str) -> IndexChange:
        """Point to no index, and delete the corpus's collections."""
        with self._alone(corpus):
            current, _ = self._pointers(corpus)
            if current is None:
                raise RetrievalError(f"{corpus!r} has no index.")
            with self.store.write(lock=f"index {corpus}") as connection:
                move(connection, current, DROP, actor=self.actor())
            self._collect(corpus)
        return IndexChange(corpus=corpus, action=DROP, manifest=current, before=current)

    def is_complete(self, manifest: IndexManifest) -> bool:
        """Tell whether a collection holds the very chunks that it was filled with."""
        ledger = Ledger(self.store)
        filling = ledger.filling(manifest.collection)
        if filling is None or not filling.filled_at:
            return False
        with self.place_of(manifest.server).open(manifest.collection) as collection:
            there = set() if collection is None else set(collection.ids())
        return there == ledger.chunk_ids(filling.id)

    def place_of(self, server: str) -> Place:
        """Return where the collections of a manifest are."""
        if server == self.place.server:
            return self.place
        return ServerPlace(server) if server else FolderPlace(self.folder)

    @contextmanager
    def _alone(self, corpus: str) -> Iterator[None]:
        name = hashlib.sha256(corpus.encode()).hexdigest()[:16]
        with locked(self.folder / f"build-{name}.lock", BUILD_TIMEOUT_S):
            yield

    def _pointers(self, corpus: str) -> Pointers:
        with self.store.read() as connection:
            return read_pointers(connection, corpus)

    def _there(self, order: Order, pointers: Pointers) -> IndexChange | None:
        """Return the change, if any, where a collection is filled with that already."""
        ledger = Ledger(self.store)
        for manifest in (pointers.current, pointers.before):
            if manifest is None or manifest.fingerprint != order.fingerprint:
                continue
            filling = ledger.filling(manifest.collection)
            if filling is None or manifest.server != self.place.server:
                continue
            if not self.is_complete(manifest):
                continue
            ledger.confirm(filling.id)
            if manifest is pointers.current:
                return IndexChange(corpus=order.corpus, action="", way="there", manifest=manifest)
            again = replace(manifest, corpus_version=order.corpus_version, built_at=utc_now())
            with self.store.write(lock=f"index {order.corpus}") as connection:
                move(connection, again, order.action, actor=self.actor(), reused=True)
            return IndexChange(
                corpus=order.corpus,
                action=order.action,
                way="there",
                manifest=again,
                before=pointers.current,
            )
        return None

    def _fill(self, order: Order, pointers: Pointers, on_progress: Progress | None) -> IndexChange:
        ledger = Ledger(self.store)
        self._collect(order.corpus)  # what a killed build left takes room
        name = f"c-{order.fingerprint.partition(':')[2][:24]}-{secrets.token_hex(3)}"
        filling = ledger.begin(order.corpus, name, order.fingerprint, self.place.server)
        try:
            base = self._base(order, pointers.current)
            source = VectorSource(order.embedder, self.cache, self._earlier(base, ledger))
            filler = Filler(order, self.place, ledger, filling, source, on_progress)
            filled = filler.fill(base)
            return self._point(order, filling, filled, source)
        except BaseException:
            with suppress(RetrievalError):  # else the next build does it
                self._drop(filling)
            raise

    def _base(self, order: Order, current: IndexManifest | None) -> IndexManifest | None:
        """Return the index in use, if its vectors can be taken over."""
        if current is None or current.embedding_fingerprint != order.embedder.fingerprint:
            return None
        if current.dimension != order.embedder.dimension:
            return None
        return current if Ledger(self.store).filling(current.collection) else None

    def _earlier(self, base: IndexManifest | None, ledger: Ledger) -> Earlier | None:
        filling = ledger.filling(base.collection) if base else None
        if base is None or filling is None:
            return None
        ids = ledger.contents(filling.id)
        return Earlier(self.place_of(base.server), base.collection, ids)

    def _point(
        self, order: Order, filling: Filling, filled: Filled, source: VectorSource
    ) -> IndexChange:
        manifest = IndexManifest(
            corpus=order.corpus,
            corpus_version=order.corpus_version,
            fingerprint=order.fingerprint,
            corpus_fingerprint=order.corpus_fingerprint,
            collection=filling.collection,
            chunker=order.chunker.name,
            chunker_fingerprint=order.chunker.fingerprint,
            embedding=order.embedding,
            embedding_model=order.embedder.name,
            embedding_fingerprint=order.embedder.fingerprint,
            dimension=order.embedder.dimension,
            document_count=order.document_count,
            chunk_count=filled.chunk_count,
            too_long=filled.too_long,
            changed_rows=filled.changed_rows,
            built_at=utc_now(),
            server=self.place.server,
        )
        counts = {"embedded": source.embedded, "reused": filled.reused, "removed": filled.removed}
        ledger = Ledger(self.store)
        with self.store.write(lock=f"index {order.corpus}") as connection:
            now = read_pointers(connection, order.corpus).current
            ledger.finish(connection, filling.id)
            move(connection, manifest, order.action, actor=self.actor(), way=filled.way, **counts)
        return IndexChange(
            corpus=order.corpus,
            action=order.action,
            way=filled.way,
            manifest=manifest,
            before=now,
            rewritten=filled.rewritten,
            added_documents=filled.added_documents,
            changed_documents=filled.changed_documents,
            removed_documents=filled.removed_documents,
            remarks=filled.remarks,
            **counts,
        )

    def _collect(self, corpus: str) -> None:
        """Drop every collection of a corpus but the one in use and the one before."""
        kept = {each.collection for each in self._pointers(corpus) if each is not None}
        for filling in Ledger(self.store).fillings(corpus):
            if filling.collection in kept or not (filling.filled_at or is_given_up(filling)):
                continue
            with suppress(RetrievalError):  # a server that does not answer now is asked next time
                self._drop(filling)

    def _drop(self, filling: Filling) -> None:
        self.place_of(filling.server).drop(filling.collection)
        Ledger(self.store).forget(filling.id)
