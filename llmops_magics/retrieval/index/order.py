"""What somebody wants indexed: documents, how they are cut, and what embeds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_magics.retrieval.chunking.chunker import Chunker
from llmops_magics.retrieval.chunking.registry import chunker as make_chunker
from llmops_magics.retrieval.chunking.tokenizer import tokenizer_of
from llmops_magics.retrieval.corpus.merkle import leaves, root
from llmops_magics.retrieval.corpus.record import CorpusVersion
from llmops_magics.retrieval.document import Document, check_documents
from llmops_magics.retrieval.embedding.embedder import Embedder
from llmops_magics.retrieval.index.manifest import index_fingerprint

if TYPE_CHECKING:
    from llmops_magics.retrieval.corpus.registry import CorpusRegistry


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


def order_of_version(
    corpus: str,
    version: CorpusVersion,
    registry: CorpusRegistry,
    *,
    chunker: str,
    embedding: str,
    embedder: Embedder,
) -> Order:
    """Order the index of a version that was added; its documents are read when they are needed."""
    digests = registry.ledger(version).digests
    return Order(
        corpus=corpus,
        corpus_version=version.number if version.corpus == corpus else 0,
        corpus_fingerprint=version.fingerprint,
        read=lambda: ((each, digests[each.id]) for each in registry.iter_documents(version)),
        document_count=version.document_count,
        chunker=make_chunker(chunker, tokenizer_of(embedder)),
        embedding=embedding,
        embedder=embedder,
    )


def order_of_documents(
    corpus: str,
    documents: Sequence[Document],
    *,
    chunker: str,
    embedding: str,
    embedder: Embedder,
) -> Order:
    """Order the index of documents that are handed over; raises ``RetrievalError`` for bad ones."""
    given = tuple(documents)
    check_documents(given)
    pairs = [(each, each.digest) for each in given]
    return Order(
        corpus=corpus,
        corpus_version=0,
        corpus_fingerprint=root(leaves((each.id, digest) for each, digest in pairs)),
        read=lambda: pairs,
        document_count=len(given),
        chunker=make_chunker(chunker, tokenizer_of(embedder)),
        embedding=embedding,
        embedder=embedder,
    )
