"""What is done with an open Chroma client: count, fill and search collections.

Vectors are always handed over and a collection's configuration is never read: from a text or the
configuration, Chroma would load the embedding function that the collection names, whatever it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.manifest import SPACE
from llmops_magics.retrieval.passage import Passage

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

WRITE_BATCH = 1000
# Twice Chroma's defaults: on small corpora the search is then exact in practice.
HNSW = {"space": SPACE, "ef_construction": 200, "ef_search": 200}


class Collections:
    """The collections of one open client; ``missing`` is what it raises for an unknown one."""

    def __init__(self, client: Any, missing: type[Exception]) -> None:
        self._client = client
        self._missing = missing

    def count(self, collection: str) -> int | None:
        """Return how many documents a collection holds; None if there is no such collection."""
        found = self._find(collection)
        return None if found is None else int(found.count())

    def write(self, collection: str, documents: Sequence[Document], vectors: Vectors) -> None:
        """Fill a new collection, dropping what a killed process left under its name."""
        if self._find(collection) is not None:
            self._client.delete_collection(collection)
        new = self._client.create_collection(
            collection, embedding_function=None, configuration={"hnsw": HNSW}
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
        try:
            return self._client.get_collection(collection, embedding_function=None)
        except self._missing:
            return None


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
