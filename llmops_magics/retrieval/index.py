"""The one module that speaks to Chroma: an embedded store of vectors in a folder.

Chroma 1.5 embedded is not safe over processes: a reader with a client from before a write ranks
new texts by old vectors, and a second opener can hang for minutes. So a client lives only inside
``Index.open``, behind a file lock, and is opened anew each time. Vectors are always handed over
and the collection's configuration is never read: from either, Chroma would load the embedding
function that the collection names, whatever it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.manifest import SPACE
from llmops_magics.retrieval.passage import Passage

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from chromadb.api import ClientAPI

    Vectors = npt.NDArray[np.float32]

OPEN_TIMEOUT_S = 60
WRITE_BATCH = 1000
# Twice Chroma's defaults: on small corpora the search is then exact in practice.
HNSW = {"space": SPACE, "ef_construction": 200, "ef_search": 200}


class Index:
    """Collections of one folder, as long as ``Index.open`` lasts. Not for use by two threads."""

    def __init__(self, client: ClientAPI) -> None:
        self._client = client

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[Index]:
        """Open a folder for this ``with`` block alone, and release every handle at its end.

        Raises ``RetrievalError`` if others hold it for over 60 s, or if Chroma cannot read it.
        """
        from chromadb.errors import ChromaError

        with locked(folder / "chroma.lock", OPEN_TIMEOUT_S):
            client = None
            try:
                client = _client(folder)
                yield cls(client)
            except ChromaError as error:
                raise RetrievalError(
                    f"the index in {folder} cannot be used: {str(error)[:200]}.",
                    hint="Delete that folder and build the index again.",
                ) from error
            finally:
                if client is not None:
                    client.close()

    def count(self, collection: str) -> int | None:
        """Return how many documents a collection holds; None if there is no such collection."""
        found = self._find(collection)
        return None if found is None else int(found.count())

    def write(self, collection: str, documents: Sequence[Document], vectors: Vectors) -> None:
        """Fill a new collection, dropping what a killed process left under its name."""
        if self._find(collection) is not None:
            self._client.delete_collection(collection)
        new: Any = self._client.create_collection(
            collection,
            embedding_function=None,
            configuration={"hnsw": HNSW},  # type: ignore[typeddict-item]
        )
        for start in range(0, len(documents), WRITE_BATCH):
            batch = documents[start : start + WRITE_BATCH]
            new.add(
                ids=[document.id for document in batch],
                embeddings=vectors[start : start + len(batch)],
                documents=[document.text for document in batch],
                metadatas=[{"title": document.title} for document in batch],
            )

    def query(self, collection: str, vectors: Vectors, k: int) -> list[list[Passage]]:
        """Return the ``k`` nearest documents a row of ``vectors``, best first, ties by id."""
        found = self._find(collection)
        if found is None:
            raise RetrievalError(
                f"the collection {collection} is gone.", hint="Build the index again."
            )
        result = found.query(
            query_embeddings=vectors, n_results=k, include=["documents", "metadatas", "distances"]
        )
        columns = (result[name] for name in ("ids", "distances", "documents", "metadatas"))
        return [_passages(*row) for row in zip(*columns, strict=True)]

    def _find(self, collection: str) -> Any | None:
        from chromadb.errors import NotFoundError

        try:
            return self._client.get_collection(collection, embedding_function=None)
        except NotFoundError:
            return None


@contextmanager
def locked(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold a file lock; it goes with the process, however that ends."""
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(path, timeout=timeout_s)
        lock.acquire()
    except Timeout as error:
        raise RetrievalError(
            f"another process has held {path} for over {timeout_s:.0f} s.",
            hint="Wait for its build to end, or stop it.",
        ) from error
    except OSError as error:
        raise RetrievalError(
            f"cannot write to {path.parent}: {error.strerror}.", hint="Check the folder's rights."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _client(folder: Path) -> ClientAPI:
    import chromadb

    create: Callable[..., ClientAPI] = chromadb.PersistentClient
    path = str(folder.resolve())  # Chroma's process-wide cache goes by this text
    return create(path=path, settings=chromadb.Settings(anonymized_telemetry=False))


def _passages(
    ids: list[str], distances: list[float], texts: list[str], metadatas: list[dict[str, Any]]
) -> list[Passage]:
    hits = zip(ids, distances, texts, metadatas, strict=True)
    ordered = sorted(hits, key=lambda hit: (hit[1], hit[0]))
    return [
        Passage(
            document_id=document_id,
            title=metadata["title"],
            text=text,
            score=min(1.0, 1.0 - distance),
            rank=rank,
        )
        for rank, (document_id, distance, text, metadata) in enumerate(ordered, 1)
    ]
