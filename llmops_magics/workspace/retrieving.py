"""Corpora, their indexes, and what one asks and measures of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_magics.audit.actor import current_actor
from llmops_magics.config.location import STATE_FOLDER
from llmops_magics.workspace.foundation import Foundation
from llmops_magics.workspace.recording import Recording

if TYPE_CHECKING:
    from llmops_magics.models.client import ModelClient
    from llmops_magics.retrieval.access import Principal
    from llmops_magics.retrieval.embedding.cache import EmbeddingCache
    from llmops_magics.retrieval.embedding.registry import Embedders
    from llmops_magics.retrieval.index.registry import IndexRegistry
    from llmops_magics.workbench.access import Access
    from llmops_magics.workbench.bench import Bench
    from llmops_magics.workbench.causes import Causes
    from llmops_magics.workbench.corpora import Corpora
    from llmops_magics.workbench.evaluation import Evaluations
    from llmops_magics.workbench.guarding import Guarding
    from llmops_magics.workbench.indexes import Indexes
    from llmops_magics.workbench.relevance import Relevance
    from llmops_magics.workbench.retrieval import Retrieval
    from llmops_magics.workbench.retrieval_sweep import Sweeps
    from llmops_magics.workbench.search import Search


class Retrieving:
    """Each part is made when it is first asked for; endpoints' embeddings go through ``client``."""

    def __init__(
        self,
        base: Foundation,
        recording: Recording,
        client: Callable[[], ModelClient],
        access: Callable[[], Access],
        guard: Callable[[], Guarding],
    ) -> None:
        self._base = base
        self._recording = recording
        self._client = client
        self._access = access
        self._guard = guard

    @cached_property
    def corpora(self) -> Corpora:
        """The corpora: versions of documents, and what one does with them."""
        from llmops_magics.workbench.corpora import Corpora

        base = self._base
        return Corpora(base.open_store, base.settings, current_actor, root=base.root)

    @cached_property
    def indexes(self) -> Indexes:
        """The indexes of the corpora: built, refreshed, searched and checked."""
        from llmops_magics.workbench.access_subject import Reading
        from llmops_magics.workbench.indexes import Indexes

        return Indexes(
            self._registry,
            lambda: self.corpora.registry,
            root=self._base.root,
            redacted=lambda: self._base.is_redacted,
            checked=lambda corpus, found: self._guard().passages(corpus, found),
            readable=Reading(self._access),
        )

    @cached_property
    def embedders(self) -> Embedders:
        """The embedders, by what is written behind ``--embedding``."""
        from llmops_magics.retrieval.embedding.registry import Embedders

        return Embedders(self._base.settings, self._client)

    @cached_property
    def embedding_cache(self) -> EmbeddingCache:
        """The vectors that were embedded once, which builds and sweeps share."""
        from llmops_magics.retrieval.embedding.cache import EmbeddingCache

        limit_mb = self._base.settings.retrieval.embedding_cache_mb
        return EmbeddingCache(self._base.root / STATE_FOLDER, limit_mb=limit_mb)

    @cached_property
    def search(self) -> Search:
        """Ask a corpus, by any retriever."""
        from llmops_magics.workbench.access_subject import Reading
        from llmops_magics.workbench.search import Search

        return Search(
            lambda: self.indexes.registry,
            lambda: self.corpora.registry,
            self._recording.operations,
            lambda: self._base.settings.access.groups,
            current_actor,
            readable=Reading(self._access),
            checked=lambda corpus, found: self._guard().passages(corpus, found),
        )

    def attributing(self, bench: Bench) -> Causes:
        """Return what tells why failing cases failed; ``bench`` has datasets and the store."""
        from llmops_magics.workbench.causes import Causes

        return Causes(
            bench,
            indexes=lambda: self.indexes,
            corpora=lambda: self.corpora.registry,
            search=lambda: self.search,
        )

    def measuring(self, bench: Bench) -> Retrieval:
        """Return what measures retrievers; ``bench`` has datasets and the store."""
        from llmops_magics.workbench.retrieval import Retrieval

        return Retrieval(
            bench,
            search=self.search,
            indexes=lambda: self.indexes,
            principal=self._principal,
            actor=current_actor,
            sweeps=lambda: self._sweeps(bench),
        )

    def relevance(self, evaluations: Callable[[], Evaluations]) -> Relevance:
        """Return what makes labelled queries; ``evaluations`` ask a model for them."""
        from llmops_magics.workbench.relevance import Relevance

        return Relevance(
            evaluations,
            lambda: self.indexes,
            lambda: self.search,
            principal=self._principal,
            actor=current_actor,
        )

    def _sweeps(self, bench: Bench) -> Sweeps:
        from llmops_magics.cost.price import PriceBook
        from llmops_magics.workbench.retrieval_sweep import Sweeps

        return Sweeps(
            bench=bench,
            corpora=lambda: self.corpora.registry,
            indexes=lambda: self.indexes,
            embedders=lambda: self.embedders,
            cache=lambda: self.embedding_cache,
            prices=lambda: PriceBook.of(self._base.settings),
            principal=self._principal,
            actor=current_actor,
        )

    def _principal(self) -> Principal:
        from llmops_magics.retrieval.access import principal_of

        return principal_of(current_actor(), self._base.settings.access.groups)

    def _registry(self) -> IndexRegistry:
        from llmops_magics.models.local.embedding import get_embedder
        from llmops_magics.retrieval.index.registry import IndexRegistry

        return IndexRegistry(
            self._base.store,
            self._base.root / STATE_FOLDER / "chroma",
            get_embedder,
            current_actor,
            self._recording.operations,
            embedders=self.embedders,
            cache=self.embedding_cache,
            corpora=lambda: self.corpora.registry,
            server=self._base.settings.retrieval.server,
        )
