"""Sweeps of a workspace: its corpora, embedders, cache of vectors and prices put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, Unpack

from llmops_magics.errors import RetrievalError
from llmops_magics.evals.retrieval.request import KS
from llmops_magics.evals.retrieval.sweep.grid import (
    CHUNKERS,
    OVERLAPS,
    RETRIEVERS,
    SIZES,
    Grid,
    make_grid,
)
from llmops_magics.evals.retrieval.sweep.plan import LOCAL, Planning
from llmops_magics.evals.retrieval.sweep.record import SweepPlan, SweepReport
from llmops_magics.evals.retrieval.sweep.request import Current, SweepRequest
from llmops_magics.evals.retrieval.sweep.stored import keep_sweep
from llmops_magics.evals.retrieval.sweep.sweep import run_sweep
from llmops_magics.evals.retrieval.sweep.trial import Material, Progress
from llmops_magics.models.chat import Usage
from llmops_magics.retrieval.embedding.registry import DEFAULT_EMBEDDING

if TYPE_CHECKING:
    from llmops_magics.cost.price import PriceBook
    from llmops_magics.retrieval.access import Principal
    from llmops_magics.retrieval.corpus.record import CorpusVersion
    from llmops_magics.retrieval.corpus.registry import CorpusRegistry
    from llmops_magics.retrieval.embedding.cache import EmbeddingCache
    from llmops_magics.retrieval.embedding.embedder import Embedder
    from llmops_magics.retrieval.index.manifest import IndexManifest
    from llmops_magics.retrieval.measure.query import QuerySet
    from llmops_magics.workbench.bench import Bench

OnPlan = Callable[[SweepPlan], None]


class SweepOptions(TypedDict, total=False):
    """What a sweep may be told; see ``make_grid`` for what is crossed with what.

    ``embeddings`` left out are those of the corpus's index, else ``local``. ``score`` is what is
    chosen by, ``holdout`` the share of the queries that reports instead, ``margin`` what the
    cheapest may lose. ``namespace`` holds the functions that rerankers are named by; ``on_plan``
    is called before anything is embedded, and may raise.
    """

    chunkers: Sequence[str]
    sizes: Sequence[str | int]
    overlaps: Sequence[str | int]
    embeddings: Sequence[str]
    retrievers: Sequence[str]
    ks: Sequence[int]
    score: str
    holdout: float
    margin: float
    principal: Principal | None
    namespace: Mapping[str, Any]
    on_plan: OnPlan | None
    on_progress: Progress | None


class Manifests(Protocol):
    """What is asked of the indexes."""

    def manifest(self, corpus: str) -> IndexManifest:
        """Return what an index was built of; ``RetrievalError`` where there is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class Sweeps:
    """Makes sweeps from what a workspace has."""

    bench: Bench
    corpora: Callable[[], CorpusRegistry]
    indexes: Callable[[], Manifests]
    embedders: Callable[[], Callable[[str], Embedder]]
    cache: Callable[[], EmbeddingCache]
    prices: Callable[[], PriceBook]
    principal: Callable[[], Principal]
    actor: Callable[[], str]

    def run(self, corpus: str, queries: QuerySet, **options: Unpack[SweepOptions]) -> SweepReport:
        """Measure and choose, and keep the report."""
        request, material = self._asked(corpus, queries, options)
        on_plan, on_progress = options.get("on_plan"), options.get("on_progress")
        if on_plan is not None:
            on_plan(self._plan(request, material, on_progress))
        report = run_sweep(request, material, on_progress)
        keep_sweep(self.bench.store(), report, self.actor)
        return report

    def plan(self, corpus: str, queries: QuerySet, **options: Unpack[SweepOptions]) -> SweepPlan:
        """Say what it would take."""
        request, material = self._asked(corpus, queries, options)
        return self._plan(request, material, options.get("on_progress"))

    def _plan(
        self, request: SweepRequest, material: Material, on_progress: Progress | None
    ) -> SweepPlan:
        planning = Planning(material, request.grid, on_progress)
        queries = request.dataset
        return planning.plan(queries.ref, len(queries.cases), request.grid.remarks)

    def _asked(
        self, corpus: str, queries: QuerySet, options: SweepOptions
    ) -> tuple[SweepRequest, Material]:
        registry = self.corpora()
        version = registry.resolve(corpus)
        current = self._current(version)
        grid = self._grid(options, current)
        if current is not None:
            grid = grid.with_pair(current.pair)
        is_newest = version.number == registry.resolve(version.corpus).number
        request = SweepRequest(
            ref=version.corpus if is_newest else version.ref,
            fingerprint=version.fingerprint,
            grid=grid,
            queries=queries,
            dataset=self.bench.datasets().register(queries.as_dataset()),
            principal=options.get("principal") or self.principal(),
            score=options.get("score", ""),
            holdout=options.get("holdout", 0.0),
            margin=options.get("margin", 0.0),
            current=current,
        )
        material = Material(
            corpus=version.corpus,
            documents=registry.documents(version),
            embedders=self.embedders(),
            cache=self.cache(),
            price=self._price,
            namespace=options.get("namespace", {}),
        )
        return request, material

    def _grid(self, options: SweepOptions, current: Current | None) -> Grid:
        usual = current.embedding if current else DEFAULT_EMBEDDING
        return make_grid(
            chunkers=options.get("chunkers") or CHUNKERS,
            sizes=options.get("sizes") or SIZES,
            overlaps=options.get("overlaps") or OVERLAPS,
            embeddings=options.get("embeddings") or (usual,),
            retrievers=options.get("retrievers") or RETRIEVERS,
            ks=options.get("ks") or KS,
        )

    def _current(self, version: CorpusVersion) -> Current | None:
        try:
            manifest = self.indexes().manifest(version.corpus)
        except RetrievalError:  # there is none: nothing to hold the choice against
            return None
        return Current(
            chunker=manifest.chunker,
            embedding=manifest.embedding,
            chunks=manifest.chunk_count,
            is_same_corpus=manifest.corpus_fingerprint == version.fingerprint,
        )

    def _price(self, embedder: Embedder, tokens: int) -> Decimal | None:
        if embedder.name.startswith(LOCAL):
            return Decimal(0)
        model = embedder.name.partition("?")[0]
        found = self.prices().price(model, Usage(input_tokens=tokens, output_tokens=0))
        return None if found is None else found.cost_usd
