"""The parts of one workspace, wired to each other."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_magics.audit.actor import current_actor
from llmops_magics.workspace.calling import open_client
from llmops_magics.workspace.evaluating import Evaluating
from llmops_magics.workspace.foundation import Foundation
from llmops_magics.workspace.governing import Governing
from llmops_magics.workspace.guarding import Safeguarding
from llmops_magics.workspace.recording import Recording
from llmops_magics.workspace.retrieving import Retrieving
from llmops_magics.workspace.spending import Spending

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.cost.price import PriceBook
    from llmops_magics.evals.history import RunHistory
    from llmops_magics.models.client import ModelClient
    from llmops_magics.retrieval.embedding.cache import EmbeddingCache
    from llmops_magics.retrieval.embedding.registry import Embedders
    from llmops_magics.storage.store import Store
    from llmops_magics.tracing.pipeline import Tracing
    from llmops_magics.tracing.writer import SpanWriter
    from llmops_magics.workbench.access import Access
    from llmops_magics.workbench.answers import StoredAnswers
    from llmops_magics.workbench.approvals import Approvals
    from llmops_magics.workbench.auditing import Auditing
    from llmops_magics.workbench.causes import Causes
    from llmops_magics.workbench.corpora import Corpora
    from llmops_magics.workbench.costs import Costs
    from llmops_magics.workbench.datasets import Datasets
    from llmops_magics.workbench.dossiers import Dossiers
    from llmops_magics.workbench.gates import Gates
    from llmops_magics.workbench.guarding import Guarding
    from llmops_magics.workbench.indexes import Indexes
    from llmops_magics.workbench.monitors import Monitors
    from llmops_magics.workbench.prompts import Prompts
    from llmops_magics.workbench.redteam import RedTeam
    from llmops_magics.workbench.releases import Releases
    from llmops_magics.workbench.relevance import Relevance
    from llmops_magics.workbench.retrieval import Retrieval
    from llmops_magics.workbench.rollouts import Rollouts
    from llmops_magics.workbench.routers import Routers
    from llmops_magics.workbench.scanning import Scans
    from llmops_magics.workbench.search import Search
    from llmops_magics.workbench.signing import Signing
    from llmops_magics.workbench.traces import Traces


class Parts:
    """Each part is made when it is first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._base = Foundation(root)
        self._recording = Recording(self._base, lambda: self._spending.pricing)
        self._spending = Spending(self._base, self._recording.flush)
        self._retrieving = Retrieving(
            self._base,
            self._recording,
            lambda: self.client,
            lambda: self.access,
            lambda: self.guard,
        )
        self._evaluating = Evaluating(
            self._base,
            self._recording,
            prompts=lambda: self.prompts,
            datasets=lambda: self.datasets,
            client=lambda: self.client,
            causes=lambda: self.causes,
        )
        self._guarding = Safeguarding(
            self._base,
            self._recording,
            prompts=lambda: self.prompts,
            datasets=lambda: self.datasets,
            corpora=lambda: self.corpora,
        )
        self._governing = Governing(
            self._base,
            self._recording,
            prompts=lambda: self.prompts,
            access=lambda: self.access,
            runs=lambda run_id: self._evaluating.continuation.read(run_id),  # noqa: PLW0108 -- later
        )

    @property
    def settings(self) -> Settings:
        """What ``llmops.toml`` and the environment say, read at first use."""
        return self._base.settings

    @property
    def store(self) -> Store:
        """The database and artifacts, created or migrated at first use."""
        return self._base.store

    @cached_property
    def prompts(self) -> Prompts:
        """The prompts: their versions, labels and history, and what one does with them."""
        from llmops_magics.workbench.access_subject import PromptPermission
        from llmops_magics.workbench.prompts import Prompts

        return Prompts(
            self._evaluating.bench,
            current_actor,
            PromptPermission(self.access),
            releases=lambda: self.releases,
            rollouts=lambda: self.rollouts,
        )

    @property
    def access(self) -> Access:
        """Who may do what, and which policies decide."""
        return self._guarding.access

    @cached_property
    def datasets(self) -> Datasets:
        """The datasets: their versions, schemas and checks, and what one does with them."""
        from llmops_magics.workbench.datasets import Datasets

        bench = self._evaluating.bench
        return Datasets(bench, lambda: self.prompts.registry, current_actor, self.flush_spans)

    @property
    def runs(self) -> RunHistory:
        """The eval runs."""
        return self._evaluating.runs

    @cached_property
    def monitors(self) -> Monitors:
        """What the stored calls add up to, and the monitors that watch it."""
        from llmops_magics.workbench.monitors import Monitors

        return Monitors(
            self._base.open_store,
            root=self.root,
            settings=self.settings,
            actor=current_actor,
            flush_spans=self.flush_spans,
        )

    @property
    def corpora(self) -> Corpora:
        """The corpora: versions of documents, and what one does with them."""
        return self._retrieving.corpora

    @property
    def indexes(self) -> Indexes:
        """The indexes of the corpora: built, refreshed, searched and checked."""
        return self._retrieving.indexes

    @property
    def embedders(self) -> Embedders:
        """The embedders, by what is written behind ``--embedding``."""
        return self._retrieving.embedders

    @property
    def embedding_cache(self) -> EmbeddingCache:
        """The vectors that were embedded once, which builds and sweeps share."""
        return self._retrieving.embedding_cache

    @property
    def search(self) -> Search:
        """Ask a corpus: ``search(corpus, queries, k=…, retriever=…, principal=…)``."""
        return self._retrieving.search

    @cached_property
    def causes(self) -> Causes:
        """Why failing cases failed whose context was retrieved."""
        return self._retrieving.attributing(self._evaluating.bench)

    @cached_property
    def retrieval(self) -> Retrieval:
        """Retrievers measured on labelled queries, and how what they find drifts."""
        return self._retrieving.measuring(self._evaluating.bench)

    @cached_property
    def relevance(self) -> Relevance:
        """Labelled queries where there are none: written by a model, or graded by people."""
        return self._retrieving.relevance(lambda: self._evaluating.evaluations)

    @cached_property
    def scans(self) -> Scans:
        """Look for attacks, leaks and secrets in texts, data, runs, notebooks and files."""
        return self._guarding.scanning(self._evaluating)

    @cached_property
    def redteam(self) -> RedTeam:
        """Attack a prompt or a function of one's own, and report what succeeded."""
        return self._guarding.attacking(self._evaluating)

    @property
    def prices(self) -> PriceBook:
        """The price tables: those of ``llmops.toml`` before the installed one."""
        return self._spending.prices

    @property
    def costs(self) -> Costs:
        """What calls have cost, and the budgets."""
        return self._spending.costs

    @property
    def traces(self) -> Traces:
        """The stored traces, and what one does with them."""
        return self._recording.traces

    @property
    def spans(self) -> SpanWriter:
        """The writer of finished spans, which a collector may get too."""
        return self._recording.spans

    @property
    def tracing(self) -> Tracing:
        """The tracer of this process."""
        return self._recording.tracing

    @property
    def has_recorded(self) -> bool:
        """Whether this process has recorded a span."""
        return self._recording.has_begun

    @cached_property
    def client(self) -> ModelClient:
        """The model client, with the chain of interceptors in its fixed order."""
        return open_client(
            self._base,
            self._recording,
            self._spending,
            client=lambda: self.client,
            prompts=lambda: self.prompts.registry,
            guard=lambda: self.guard,
        )

    @property
    def guard(self) -> Guarding:
        """The boundaries: what is checked there, what was decided, and what waits for a person."""
        return self._guarding.boundaries

    @cached_property
    def routers(self) -> Routers:
        """The models made of others, and what one would do with a request."""
        from llmops_magics.workbench.routers import Routers

        return Routers(self.settings)

    @cached_property
    def answers(self) -> StoredAnswers:
        """The stored answers: what there is, what they saved, and taking them out."""
        from llmops_magics.workbench.answers import StoredAnswers

        return StoredAnswers(self.store, self.settings.cache, self.flush_spans)

    @property
    def signing(self) -> Signing:
        """The keys: whose they are, and signing with one's own."""
        return self._governing.signing

    @property
    def audit(self) -> Auditing:
        """The audit trail: events, checks, signed heads, exports, incidents and who did what."""
        return self._governing.auditing

    @property
    def dossiers(self) -> Dossiers:
        """The sealed gate runs: reading, verifying and comparing them."""
        return self._governing.dossiers

    @property
    def gates(self) -> Gates:
        """The gold notebooks: running, replaying, writing and checking them."""
        return self._governing.gates

    @property
    def approvals(self) -> Approvals:
        """What a release needs, what waits for whom, and saying yes or no."""
        return self._governing.approvals

    @property
    def releases(self) -> Releases:
        """What each environment serves, and changing it."""
        return self._governing.releases

    @property
    def rollouts(self) -> Rollouts:
        """The rollouts under way: what is seen of them, and who watches."""
        return self._governing.rollouts

    def flush_spans(self) -> None:
        """Write the spans that have ended, if there are any."""
        self._recording.flush()

    def close(self) -> None:
        """Write what is buffered and close connections."""
        self._recording.close()
        if "client" in self.__dict__:
            self.client.close()
        self._base.close()
