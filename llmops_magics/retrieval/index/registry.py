"""The indexes of a workspace: built, refreshed, searched, reverted and dropped.

An index is found by its corpus's name. Which collection that is, is decided by a pointer that moves
only once the new collection is whole (``builder``); a query that comes while it moves is answered
from the old index or from the new one, never from a part of one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_magics.errors import RetrievalError
from llmops_magics.record import utc_now
from llmops_magics.retrieval.access import ANONYMOUS, Principal
from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.chunking.registry import DEFAULT_CHUNKER
from llmops_magics.retrieval.corpus.record import CorpusVersion
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.embedding.embedder import Embedder
from llmops_magics.retrieval.embedding.registry import DEFAULT_EMBEDDING
from llmops_magics.retrieval.index.builder import Builder
from llmops_magics.retrieval.index.inquiry import Inquiry, check_count
from llmops_magics.retrieval.index.ledger import Filling, Ledger
from llmops_magics.retrieval.index.manifest import IndexManifest
from llmops_magics.retrieval.index.order import Order, order_of_documents, order_of_version
from llmops_magics.retrieval.index.place import FolderPlace, ServerPlace
from llmops_magics.retrieval.index.pointer import (
    current_manifest,
    current_manifests,
    read_pointers,
)
from llmops_magics.retrieval.index.record import IndexChange, IndexList
from llmops_magics.retrieval.index.status import Filled, IndexStatus, Sources, reconcile
from llmops_magics.retrieval.index.verification import SAMPLE, IndexVerification, Verifier
from llmops_magics.retrieval.observed import record_retrieval
from llmops_magics.retrieval.passage import Passage
from llmops_magics.retrieval.search.searcher import check_queries
from llmops_magics.storage.store import Store
from llmops_magics.tracing.semconv import DATA_SOURCE

if TYPE_CHECKING:
    from llmops_magics.retrieval.corpus.registry import CorpusRegistry
    from llmops_magics.retrieval.embedding.cache import EmbeddingCache
    from llmops_magics.retrieval.index.vectors import Progress
    from llmops_magics.tracing.operation import Operations

MAX_NAME_CHARS = 200


@dataclass(frozen=True)
class IndexRegistry:
    """The indexes of a store; ``folder`` holds their vectors unless ``server`` is a URL.

    ``embedder`` gives the default one, ``embedders`` that of any spec; ``corpora`` gives the
    documents of a corpus that is only named. With ``observe`` queries are spans.
    """

    store: Store
    folder: Path
    embedder: Callable[[], Embedder]
    actor: Callable[[], str]
    observe: Callable[[], Operations] | None = None
    embedders: Callable[[str], Embedder] | None = None
    cache: EmbeddingCache | None = None
    corpora: Callable[[], CorpusRegistry] | None = None
    server: str = ""

    def build(
        self,
        corpus: str,
        documents: Sequence[Document] | CorpusVersion | None = None,
        *,
        chunker: str = DEFAULT_CHUNKER,
        embedding: str = DEFAULT_EMBEDDING,
        on_progress: Progress | None = None,
    ) -> IndexManifest:
        """Make sure these documents are indexed and are what queries of the corpus search.

        Left out, they are those of the newest version of the corpus. ``on_progress(done, total)``
        is told of chunks. Raises ``RetrievalError``.
        """
        return self.change(
            corpus, documents, chunker=chunker, embedding=embedding, on_progress=on_progress
        ).manifest

    def change(
        self,
        corpus: str,
        documents: Sequence[Document] | CorpusVersion | None = None,
        *,
        chunker: str = DEFAULT_CHUNKER,
        embedding: str = DEFAULT_EMBEDDING,
        action: str = "build",
        on_progress: Progress | None = None,
    ) -> IndexChange:
        """Do what ``build`` does, and say what it took."""
        _check_name(corpus)
        order = self._order(corpus, documents, chunker, embedding)
        return self.builder.build(replace(order, action=action), on_progress)

    def refresh(
        self,
        corpus: str,
        documents: Sequence[Document] | CorpusVersion | None = None,
        *,
        on_progress: Progress | None = None,
    ) -> IndexChange:
        """Bring an index to the newest version of its corpus, or to these documents.

        Chunker and embedder stay; a chunk is embedded only if its content is new.
        """
        now = self.manifest(corpus)
        return self.change(
            corpus,
            documents,
            chunker=now.chunker,
            embedding=now.embedding,
            action="refresh",
            on_progress=on_progress,
        )

    def revert(self, corpus: str) -> IndexChange:
        """Go back to the index before the one in use; again, and it is in use again."""
        self.manifest(corpus)
        return self.builder.revert(corpus)

    def drop(self, corpus: str) -> IndexChange:
        """Delete the index of a corpus; the corpus and the cached vectors stay."""
        self.manifest(corpus)
        return self.builder.drop(corpus)

    def indexes(self) -> IndexList:
        """Return the index in use of every corpus that has one."""
        with self.store.read() as connection:
            return IndexList(indexes=current_manifests(connection))

    def manifest(self, corpus: str) -> IndexManifest:
        """Return the manifest of a corpus's current index, or raise ``RetrievalError``."""
        with self.store.read() as connection:
            return current_manifest(connection, corpus)

    def previous(self, corpus: str) -> IndexManifest | None:
        """Return the manifest that ``revert`` would go back to."""
        with self.store.read() as connection:
            return read_pointers(connection, corpus).before

    def chunks(self, corpus: str, manifest: IndexManifest | None = None) -> tuple[Chunk, ...]:
        """Return every chunk of a corpus's index, by document and place.

        That is the index in use, unless the ``manifest`` of another one is given.
        """
        manifest = manifest or self.manifest(corpus)
        found: list[Chunk] = []
        with self.builder.place_of(manifest.server).open(manifest.collection) as collection:
            if collection is not None:
                found.extend(chunk for page, _ in collection.pages() for chunk in page)
        check_count(manifest, len(found))
        filling = self.filling(manifest)
        ids = {chunk.document_id for chunk in found}
        times = Ledger(self.store).times(filling.id, ids) if filling else {}
        found.sort(key=lambda chunk: (chunk.document_id, chunk.number))
        return tuple(replace(each, updated_at=times.get(each.document_id)) for each in found)

    def status(
        self, corpus: str, sources: Sources | None = None, *, embedding: str = ""
    ) -> IndexStatus:
        """Hold the index against the store's ids and the sources (nothing is known, unless told).

        ``embedding`` is what would embed now, else the index's own embedder.
        """
        manifest = self.manifest(corpus)
        embedder = self.embedder_of(embedding or manifest.embedding)
        filled = self._filled(manifest)
        with self.builder.place_of(manifest.server).open(manifest.collection) as collection:
            ids = None if collection is None else collection.ids()
        return reconcile(
            manifest,
            filled,
            ids,
            sources or Sources(digests=None, described="no corpus of this name was added"),
            embedding_fingerprint=embedder.fingerprint,
            now=utc_now(),
        )

    def verify(
        self,
        corpus: str,
        *,
        sample: int = SAMPLE,
        seed: int | None = None,
        on_progress: Progress | None = None,
    ) -> IndexVerification:
        """Read every row of the index, and embed a random sample of its chunks again."""
        manifest = self.manifest(corpus)
        embedder = self.embedder_of(manifest.embedding)
        filling = self.filling(manifest)
        lines = Ledger(self.store).chunks(filling.id) if filling else []
        verifier = Verifier(manifest, lines, embedder, sample, seed)
        with self.builder.place_of(manifest.server).open(manifest.collection) as collection:
            return verifier.verify(collection, utc_now(), on_progress)

    def _filled(self, manifest: IndexManifest) -> Filled:
        ledger, filling = Ledger(self.store), self.filling(manifest)
        if filling is None:
            return Filled(filling=None)
        digests, updated = ledger.digests(filling.id)
        return Filled(
            filling=filling,
            digests=digests,
            updated=list(Counter(updated).items()),
            chunk_ids=ledger.chunk_ids(filling.id),
            contents=ledger.tally(filling.id).contents,
            indexed=ledger.indexed(filling.id),
            documents_of=lambda ids: {
                line.document_id for line in ledger.chunks(filling.id) if line.id in ids
            },
        )

    def filling(self, manifest: IndexManifest) -> Filling | None:
        """Return what the ledger has of a manifest's collection."""
        return Ledger(self.store).filling(manifest.collection)

    def embedder_of(self, embedding: str) -> Embedder:
        """Return the embedder of a spec."""
        if embedding in ("", DEFAULT_EMBEDDING):
            return self.embedder()
        if self.embedders is None:
            raise RetrievalError(f"there is no embedder {embedding!r} here.")
        return self.embedders(embedding)

    def retrieve(
        self,
        corpus: str,
        queries: Sequence[str],
        *,
        k: int = 4,
        principal: Principal = ANONYMOUS,
        embedding: str = "",
    ) -> list[list[Passage]]:
        """Return the ``k`` nearest chunks a query that the principal may read, best first.

        Raises ``RetrievalError`` for an unknown corpus, for an index that another embedder built
        (``embedding`` names one, else it is the index's own), and for one whose chunks are not all
        there.
        """
        check_queries(queries, k)
        ask = Inquiry(self.store, self.builder.place_of, corpus, k, principal)
        embedder = self.embedder_of(embedding or self.manifest(corpus).embedding)
        if self.observe is None or not queries:
            return ask.passages(queries, embedder)
        with self.observe().span(f"retrieve {corpus}", kind="retrieval") as span:
            span.set(**{DATA_SOURCE: corpus, "llmops.retrieval.k": k})
            found = ask.passages(queries, embedder)
            record_retrieval(span, queries, found)
        return found

    @property
    def builder(self) -> Builder:
        """What fills collections, and knows where they are."""
        own = FolderPlace(self.folder)
        place = ServerPlace(self.server) if self.server else own
        return Builder(self.store, self.folder, place, self.actor, self.cache)

    def _order(
        self,
        corpus: str,
        documents: Sequence[Document] | CorpusVersion | None,
        chunker: str,
        embedding: str,
    ) -> Order:
        embedder = self.embedder_of(embedding)
        if documents is None:
            documents = self._corpora().resolve(corpus)
        if isinstance(documents, CorpusVersion):
            return order_of_version(
                corpus,
                documents,
                self._corpora(),
                chunker=chunker,
                embedding=embedding,
                embedder=embedder,
            )
        return order_of_documents(
            corpus, documents, chunker=chunker, embedding=embedding, embedder=embedder
        )

    def _corpora(self) -> CorpusRegistry:
        if self.corpora is None:
            raise RetrievalError("there are no corpora here.", hint="Hand the documents over.")
        return self.corpora()


def _check_name(corpus: str) -> None:
    is_usable = corpus.strip() == corpus and corpus.isprintable()
    if not corpus or not is_usable or len(corpus) > MAX_NAME_CHARS:
        raise RetrievalError(
            f"{corpus[:60]!r} cannot be the name of a corpus.",
            hint=f"A name has 1 to {MAX_NAME_CHARS} printable characters, no blank at its ends.",
        )
