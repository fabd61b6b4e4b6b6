"""One workspace, as the layers above are given it: each part is made when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from llmops_magics.audit.actor import current_actor
from llmops_magics.workspace.calling import open_client
from llmops_magics.workspace.evaluating import Evaluating, eval_request
from llmops_magics.workspace.foundation import Foundation
from llmops_magics.workspace.recording import Recording
from llmops_magics.workspace.retrieving import Retrieving
from llmops_magics.workspace.spending import Spending

if TYPE_CHECKING:
    from llmops_magics.audit.trail import AuditReport
    from llmops_magics.config.settings import Settings
    from llmops_magics.cost.price import PriceBook
    from llmops_magics.evals.calibration.record import Calibration
    from llmops_magics.evals.history import RunHistory
    from llmops_magics.evals.matrix import EvalMatrix
    from llmops_magics.evals.request import EvalOptions
    from llmops_magics.evals.review.selection import Scope
    from llmops_magics.evals.review.session import ReviewSession
    from llmops_magics.evals.rightsize import RightSize
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.models.client import ModelClient
    from llmops_magics.prompts.version import PromptVersion
    from llmops_magics.release.result import GateResult
    from llmops_magics.retrieval.embedding.cache import EmbeddingCache
    from llmops_magics.retrieval.embedding.registry import Embedders
    from llmops_magics.storage.store import Store
    from llmops_magics.tracing.pipeline import Tracing
    from llmops_magics.tracing.writer import SpanWriter
    from llmops_magics.workbench.access import Access
    from llmops_magics.workbench.answers import StoredAnswers
    from llmops_magics.workbench.causes import Causes
    from llmops_magics.workbench.corpora import Corpora
    from llmops_magics.workbench.costs import Costs
    from llmops_magics.workbench.datasets import Datasets
    from llmops_magics.workbench.guarding import Guarding
    from llmops_magics.workbench.indexes import Indexes
    from llmops_magics.workbench.monitors import Monitors
    from llmops_magics.workbench.prompts import Prompts
    from llmops_magics.workbench.redteam import RedTeam
    from llmops_magics.workbench.relevance import Relevance
    from llmops_magics.workbench.retrieval import Retrieval
    from llmops_magics.workbench.routers import Routers
    from llmops_magics.workbench.scanning import Scans
    from llmops_magics.workbench.search import Search
    from llmops_magics.workbench.traces import Traces


class Workspace:
    """One project's prompts, datasets, evals, indexes, traces and audit trail."""

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

        return Prompts(self._evaluating.bench, current_actor, PromptPermission(self.access))

    @cached_property
    def access(self) -> Access:
        """Who may do what, and which policies decide."""
        from llmops_magics.workbench.access import Access
        from llmops_magics.workbench.access_subject import Subjects

        subjects = Subjects(lambda: self.prompts.registry, lambda: self.corpora.registry)
        base = self._base
        return Access(
            self.root, lambda: base.settings, base.open_store, current_actor, lambda: subjects
        )

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
        from llmops_magics.workbench.scanning import Scans, Sources

        sources = Sources(
            root=self.root,
            store=lambda: self.store,
            datasets=lambda: self.datasets,
            corpora=lambda: self.corpora,
            prompts=lambda: self.prompts,
            run=self.run,
        )
        return Scans(sources, lambda: self.settings)

    @cached_property
    def redteam(self) -> RedTeam:
        """Attack a prompt or a function of one's own, and report what succeeded."""
        from llmops_magics.workbench.redteam import RedTeam

        return RedTeam(
            lambda: self._evaluating.evaluations, self.run, self.review, lambda: self.access
        )

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

    @cached_property
    def guard(self) -> Guarding:
        """The boundaries: what is checked there, what was decided, and what waits for a person."""
        from llmops_magics.workbench.guarding import Guarding

        return Guarding(
            lambda: self.settings,
            self._base.open_store,
            current_actor,
            tracing=lambda: self._recording.tracing,
            operations=self._recording.operations,
            access=lambda: self.access,
        )

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

    def model_of(self, version: PromptVersion, model: str = "") -> str:
        """Return which model answers a prompt: the one asked for, its own, or the default."""
        return self._evaluating.model_of(version, model)

    def ask(self, reference: str, *, model: str = "", **variables: Any) -> str:
        """Render a prompt with variables, call its model once and return the answer's text."""
        return self.prompts.ask(reference, variables, model=model).text

    def evaluate(
        self, target: Any, data: Any, scorers: Sequence[Any], **options: Unpack[EvalOptions]
    ) -> EvalRun:
        """Run a target over a dataset, score and store every answer, and return the run.

        ``target`` is a prompt reference or a Python function that answers a case; ``data`` is a
        file (CSV, JSONL, JSON, Parquet), a DataFrame, a list of dicts or the reference of a
        dataset that was used before; a scorer is a name, a function, or the name of a function in
        ``namespace``. With ``baseline`` that target is run on the same cases too, first, and the
        run carries the comparison. With ``aa`` the baseline (without one, the target) is run once
        more, and the run carries how many cases flip by chance alone. The other ``options`` are
        those of ``evals.request.EvalRequest``.

        Raises ``EvalStoppedError`` at a limit, and ``EvalInterrupted`` at Ctrl-C: what is done is
        kept, and ``resume`` goes on from there.
        """
        return self._evaluating.evaluations.evaluate(eval_request(target, data, scorers, options))

    def evaluate_matrix(
        self,
        targets: Sequence[Any],
        data: Any,
        scorers: Sequence[Any],
        *,
        models: Sequence[str] = (),
        variants: Sequence[Mapping[str, Any]] = (),
        **options: Unpack[EvalOptions],
    ) -> EvalMatrix:
        """Run every target with every model and every variant of settings on the same cases."""
        request = eval_request("", data, scorers, options)
        return self._evaluating.evaluations.evaluate_matrix(request, targets, models, variants)

    def rightsize(
        self,
        prompt: str,
        models: Sequence[str],
        data: Any,
        scorers: Sequence[Any],
        *,
        margin: float = 0.02,
        reference: str = "",
        write_route: str = "",
        **options: Unpack[EvalOptions],
    ) -> RightSize:
        """Evaluate a prompt with each model and find the cheapest that is not inferior.

        ``reference`` is the model that the others are held against, left out the dearest;
        ``margin`` is what a score may fall below its, in the score's own unit. ``write_route``
        names the router of ``llmops.toml`` that is written where there is a verdict.
        """
        return self._evaluating.rightsize(
            eval_request(prompt, data, scorers, options),
            models=models,
            margin=margin,
            reference=reference,
            write_route=write_route,
        )

    def resume(self, run_id: str, *, data: Any = None, **options: Unpack[EvalOptions]) -> EvalRun:
        """Finish a run that was broken off; ``data``, if given, must be what it ran on."""
        return self._evaluating.continuation.resume(run_id, eval_request("", data, (), options))

    def run(self, run_id: str) -> EvalRun:
        """Return a finished run by its id, with its samples and the comparison it had."""
        return self._evaluating.continuation.read(run_id)

    def retry_errors(
        self, run_id: str, *, data: Any = None, **options: Unpack[EvalOptions]
    ) -> EvalRun:
        """Ask the failed calls of a run again, in a new run; the old one stays as it is."""
        return self._evaluating.continuation.retry_errors(
            run_id, eval_request("", data, (), options)
        )

    def rescore(
        self, run_id: str, scorers: Sequence[Any], **options: Unpack[EvalOptions]
    ) -> EvalRun:
        """Score the answers of a finished run with other scorers, without asking for them anew."""
        return self._evaluating.continuation.rescore(
            run_id, eval_request("", None, scorers, options)
        )

    def review(self, run: EvalRun | str, scope: Scope | None = None) -> ReviewSession:
        """Open the review of a run, where it was left; ``scope`` says which of its cases."""
        return self._evaluating.review(run, scope)

    def calibrate(self, judge: Any, labels: Any, **options: Any) -> Calibration:
        """Hold a judge against human labels; the report is stored as its licence, or its refusal.

        ``judge`` is the name of a scorer or a function, ``labels`` any data; ``options`` are those
        of ``workbench.calibration.CalibrationRequest``.
        """
        return self._evaluating.calibrate(judge, labels, options)

    def gate(
        self,
        notebook: str | Path,
        parameters: Mapping[str, Any] | None = None,
        *,
        archive: Path | None = None,
        **options: Any,
    ) -> GateResult:
        """Execute a gold notebook as a release gate and seal it in the archive.

        ``options`` are those of ``release.runner.run_gate``: time limits and progress.
        """
        from llmops_magics.release.runner import run_gate

        return run_gate(
            self.store,
            notebook,
            parameters or {},
            archive=archive or self.archive,
            root=self.root,
            actor=current_actor(),
            **options,
        )

    @property
    def archive(self) -> Path:
        """Where executed notebooks are kept."""
        return self.root / self.settings.gate.archive

    def verify_audit(self, *, expected_head: str = "") -> AuditReport:
        """Check the chain of events, and every archive that an event names."""
        from llmops_magics.release.verification import verify_all

        return verify_all(self.store, self.root, expected_head=expected_head)

    def flush_spans(self) -> None:
        """Write the spans that have ended, if there are any."""
        self._recording.flush()

    def close(self) -> None:
        """Write what is buffered and close connections."""
        self._recording.close()
        if "client" in self.__dict__:
            self.client.close()
        self._base.close()
