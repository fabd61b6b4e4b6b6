"""Build the index of a corpus, once, and ask it. The one module that imports Chroma.

A build goes into a collection of its own and counts only when its manifest is stored, which is
after its vectors are in: a process killed before that leaves the index that was there in use.
Building again what is there costs no embedding.

Chroma 1.5 embedded is not safe over processes: a reader with a client from before a write ranks
new texts by old vectors, and a second opener can hang for minutes. So a client lives only inside
``open_collections``, behind a file lock, and is opened anew each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.audit import trail
from llmops_magics.errors import RetrievalError
from llmops_magics.record import utc_now
from llmops_magics.retrieval import manifest as manifests
from llmops_magics.retrieval.collection import Collections
from llmops_magics.retrieval.document import Document, check_documents
from llmops_magics.retrieval.embedder import Embedder, embed_checked
from llmops_magics.retrieval.lock import locked
from llmops_magics.retrieval.manifest import IndexManifest
from llmops_magics.retrieval.observed import record_retrieval
from llmops_magics.retrieval.passage import Passage
from llmops_magics.storage.store import Store
from llmops_magics.tracing.semconv import DATA_SOURCE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from llmops_magics.tracing.operation import Operations

__all__ = ["IndexManifest", "IndexRegistry", "open_collections"]

BUILD_TIMEOUT_S = 600
OPEN_TIMEOUT_S = 60
EMBED_BATCH = 64
MAX_NAME_CHARS = 200

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class IndexRegistry:
    """The indexes of a workspace: manifests in its store, vectors in ``folder``."""

    store: Store
    folder: Path
    embedder: Callable[[], Embedder]
    actor: Callable[[], str]
    observe: Callable[[], Operations] | None = None  # with it, queries are spans

    def build(
        self,
        corpus_name: str,
        documents: Sequence[Document],
        *,
        on_progress: Progress | None = None,
    ) -> IndexManifest:
        """Make sure these documents are indexed and are what queries of the corpus search.

        ``on_progress(done, total)`` is called with documents embedded. Raises ``RetrievalError``.
        """
        _check_name(corpus_name)
        check_documents(documents)
        embedder = self.embedder()
        wanted = manifests.describe(corpus_name, documents, embedder, utc_now())
        with locked(self.folder / "build.lock", BUILD_TIMEOUT_S):
            reused = self._is_complete(wanted)
            if not reused:
                vectors = _embed(embedder, documents, on_progress)
                with open_collections(self.folder) as collections:
                    collections.write(wanted.collection, documents, vectors)
            elif on_progress is not None:
                on_progress(len(documents), len(documents))
            return self._record(wanted, reused=reused)

    def retrieve(
        self, corpus_name: str, queries: Sequence[str], *, k: int = 4
    ) -> list[list[Passage]]:
        """Return up to ``k`` passages a query, best first.

        Raises ``RetrievalError`` for an unknown corpus, for an index that another embedder built,
        and for one whose vectors are not all there.
        """
        _check_queries(queries, k)
        if self.observe is None or not queries:
            return self._retrieve(corpus_name, queries, k)
        with self.observe().span(f"retrieve {corpus_name}", kind="retrieval") as span:
            span.set(**{DATA_SOURCE: corpus_name, "llmops.retrieval.k": k})
            found = self._retrieve(corpus_name, queries, k)
            record_retrieval(span, queries, found)
        return found

    def _retrieve(self, corpus_name: str, queries: Sequence[str], k: int) -> list[list[Passage]]:
        manifest = self.manifest(corpus_name)
        embedder = self.embedder()
        if embedder.fingerprint != manifest.embedding_fingerprint:
            raise RetrievalError(
                f"the index of {corpus_name!r} was built with {manifest.embedding_model}"
                f" and cannot be searched with {embedder.name}, or another version of it.",
                hint="Build the index again with this embedder, or use the one it was built with.",
            )
        if not queries:
            return []
        vectors = embed_checked(embedder, queries)
        with open_collections(self.folder) as collections:
            _check_count(manifest, collections.count(manifest.collection))
            return collections.query(manifest.collection, vectors, min(k, manifest.document_count))

    def manifest(self, corpus_name: str) -> IndexManifest:
        """Return the manifest of a corpus's current index, or raise ``RetrievalError``."""
        with self.store.read() as connection:
            found = manifests.current(connection, corpus_name)
            names = manifests.corpus_names(connection)
        if found is None:
            raise RetrievalError(
                f"no corpus is called {corpus_name!r}.",
                hint=f"There are: {', '.join(names)}." if names else "None has been indexed yet.",
            )
        return found

    def _is_complete(self, wanted: IndexManifest) -> bool:
        with open_collections(self.folder) as collections:
            return collections.count(wanted.collection) == wanted.document_count

    def _record(self, wanted: IndexManifest, *, reused: bool) -> IndexManifest:
        with self.store.write() as connection:
            now = manifests.current(connection, wanted.corpus)
            if reused and now is not None and now.fingerprint == wanted.fingerprint:
                return now
            manifests.make_current(connection, wanted)
            trail.append(
                connection,
                actor=self.actor(),
                action="index.build",
                resource=f"corpus/{wanted.corpus}",
                body={**wanted.to_dict(), "reused": reused},
            )
        return wanted


@contextmanager
def open_collections(folder: Path) -> Iterator[Collections]:
    """Open Chroma on a folder for this ``with`` block, and release every handle at its end.

    Raises ``RetrievalError`` if others hold it for over 60 s, or if Chroma cannot read it.
    """
    import chromadb
    from chromadb.errors import ChromaError, NotFoundError

    path = str(folder.resolve())  # Chroma's process-wide cache of clients goes by this text
    settings = chromadb.config.Settings(anonymized_telemetry=False)
    with locked(folder / "chroma.lock", OPEN_TIMEOUT_S):
        client: Any = None
        try:
            client = chromadb.PersistentClient(path=path, settings=settings)
            yield Collections(client, NotFoundError)
        except ChromaError as error:
            raise RetrievalError(
                f"the index in {folder} cannot be used: {str(error)[:200]}.",
                hint="Delete that folder and build the index again.",
            ) from error
        finally:
            if client is not None:
                client.close()


def _embed(
    embedder: Embedder, documents: Sequence[Document], on_progress: Progress | None
) -> npt.NDArray[np.float32]:
    import numpy as np

    vectors = np.empty((len(documents), embedder.dimension), dtype=np.float32)
    for start in range(0, len(documents), EMBED_BATCH):
        batch = documents[start : start + EMBED_BATCH]
        end = start + len(batch)
        vectors[start:end] = embed_checked(embedder, [item.embedded_text for item in batch])
        if on_progress is not None:
            on_progress(end, len(documents))
    return vectors


def _check_name(corpus_name: str) -> None:
    is_usable = corpus_name.strip() == corpus_name and corpus_name.isprintable()
    if not corpus_name or not is_usable or len(corpus_name) > MAX_NAME_CHARS:
        raise RetrievalError(
            f"{corpus_name[:60]!r} cannot be the name of a corpus.",
            hint=f"A name has 1 to {MAX_NAME_CHARS} printable characters, no blank at its ends.",
        )


def _check_queries(queries: Sequence[str], k: int) -> None:
    if isinstance(queries, str) or not all(isinstance(query, str) for query in queries):
        raise RetrievalError("queries must be a list of texts.", hint="Write [query] for one.")
    if k < 1:
        raise RetrievalError(f"k is {k}.", hint="Ask for at least 1 passage.")


def _check_count(manifest: IndexManifest, count: int | None) -> None:
    if count != manifest.document_count:
        raise RetrievalError(
            f"the index of {manifest.corpus!r} holds {count or 0} of"
            f" {manifest.document_count} documents.",
            hint="Its files were changed or removed: build the index again.",
        )
