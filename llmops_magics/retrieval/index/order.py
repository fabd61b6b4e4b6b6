"""What somebody wants indexed: documents, how they are cut, and what embeds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from llmops_magics.retrieval.chunking.chunker import Chunker
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.embedding.embedder import Embedder
from llmops_magics.retrieval.index.manifest import index_fingerprint


@dataclass(frozen=True, kw_only=True)
class Order:
    """An index that is wanted; ``read`` gives each document with its digest, if it comes to that.

    ``action`` is what its move is called, ``embedding`` the spec that ``embedder`` was made of.
    """

    corpus: str
    corpus_version: int
    corpus_fingerprint: str
    read: Callable[[], Iterable[tuple[Document, str]]]
    document_count: int
    chunker: Chunker
    embedding: str
    embedder: Embedder
    action: str = "build"

    @property
    def fingerprint(self) -> str:
        """The fingerprint that the index will have."""
        return index_fingerprint(
            self.corpus_fingerprint, self.chunker.fingerprint, self.embedder.fingerprint
        )

    def documents(self) -> Iterator[Document]:
        """Yield the documents alone."""
        return (document for document, _ in self.read())
