"""The composition root: opens the store and hands out the layers. Wiring only.

A model call passes, from the outside in: routing, tracing, the cache, limits and retries, the
spending cap, budgets, pricing, then the wire. What stands inside the limits is passed by every try.
A call for vectors passes the same without routing and the cache.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from llmops_magics.audit.actor import current_actor
from llmops_magics.config.location import FILE_NAME, STATE_FOLDER, default_store_url, find_root
from llmops_magics.errors import ConfigError, UsageError
from llmops_magics.tracing import semconv

if TYPE_CHECKING:
    from llmops_magics.audit.trail import AuditReport
    from llmops_magics.config.settings import Settings
    from llmops_magics.cost.budget_interceptor import BudgetInterceptor
    from llmops_magics.cost.interceptor import PricingInterceptor
    from llmops_magics.cost.notice import Notices
    from llmops_magics.cost.price import PriceBook
    from llmops_magics.evals.attribution.measure import Measurer
    from llmops_magics.evals.calibration.record import Calibration
    from llmops_magics.evals.history import RunHistory
    from llmops_magics.evals.matrix import EvalMatrix
    from llmops_magics.evals.request import EvalOptions, EvalRequest
    from llmops_magics.evals.review.selection import Scope
    from llmops_magics.evals.review.session import ReviewSession
    from llmops_magics.evals.rightsize import RightSize
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.models.client import ModelClient
    from llmops_magics.prompts.version import PromptVersion
    from llmops_magics.release.result import GateResult
    from llmops_magics.retrieval.embedding.cache import EmbeddingCache
    from llmops_magics.retrieval.embedding.registry import Embedders
    from llmops_magics.retrieval.index.registry import IndexRegistry
    from llmops_magics.storage.store import Store
    from llmops_magics.tracing.masking import Masking
    from llmops_magics.tracing.operation import Operations
    from llmops_magics.tracing.pipeline import Tracing
    from llmops_magics.tracing.trace import Span
    from llmops_magics.tracing.writer import SpanWriter
    from llmops_magics.workbench.bench import Bench, Progress
    from llmops_magics.workbench.continuation import Continuation
    from llmops_magics.workbench.corpora import Corpora
    from llmops_magics.workbench.costs import Costs
    from llmops_magics.workbench.datasets import Datasets
    from llmops_magics.workbench.evaluation import Evaluations
    from llmops_magics.workbench.indexes import Indexes
    from llmops_magics.workbench.monitors import Monitors
    from llmops_magics.workbench.prompts import Prompts
    from llmops_magics.workbench.retrieval import Retrieval
    from llmops_magics.workbench.search import Search
    from llmops_magics.workbench.traces import Traces

TEMPLATE = """\
# llmops_magics: the settings of this workspace. State lives in .llmops/ beside this file.

[models]
# default = "openai/gpt-4.1-mini"   # else this one if OPENAI_API_KEY is set, or the embedded one
# judge = "openai/gpt-4.1"

# [endpoints.acme]                  # then models are called acme/<model>
# base_url = "https://llm.acme.example/v1"
# api_key_env = "ACME_API_KEY"      # the name of the variable, never the key
# max_concurrency = 16              # limits; [endpoints.openai] may hold these alone
# requests_per_minute = 500
# tokens_per_minute = 200000

# [prices."acme/large"]             # of a model that no price table has; several with [[…]]
# input_per_million_usd = 2.50
# output_per_million_usd = 10.00    # cached_input_per_million_usd, per_second_usd, since, tier

[eval]
# ask_above_usd = 1.0               # an eval that may cost more asks before its first call
"""


class Workspace:
    """One project's prompts, datasets, evals, indexes, traces and audit trail."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._opening = threading.Lock()
        self._store: Store | None = None

    @cached_property
    def settings(self) -> Settings:
        """What ``llmops.toml`` and the environment say, read at first use."""
        from llmops_magics.config.settings import load_settings

        return load_settings(self.root)

    @property
    def store(self) -> Store:
        """The database and artifacts, created or migrated at first use."""
        with self._opening:  # the thread that writes spans may be first
            if self._store is None:
                from llmops_magics.storage.store import Store

                settings = self.settings.store
                url = settings.url or default_store_url(self.root)
                self._store = Store.open(url, settings.artifacts)
            return self._store

    @cached_property
    def prompts(self) -> Prompts:
        """The prompts: their versions, labels and history, and what one does with them."""
        from llmops_magics.workbench.prompts import Prompts

        return Prompts(self._bench, current_actor)

    @cached_property
    def _bench(self) -> Bench:
        from llmops_magics.workbench.bench import Bench

        return Bench(
            root=self.root,
            store=lambda: self.store,
            datasets=lambda: self.datasets.registry,
            client=lambda: self.client,
            model_of=self.model_of,
            measurer=self._measurer,
            redacted=lambda: self.settings.trace.capture != "full",
        )

    @cached_property
    def datasets(self) -> Datasets:
        """The datasets: their versions, schemas and checks, and what one does with them."""
        from llmops_magics.workbench.datasets import Datasets

        def flush() -> None:
            if "spans" in self.__dict__:
                self.spans.flush()

        return Datasets(self._bench, lambda: self.prompts.registry, current_actor, flush)

    @cached_property
    def runs(self) -> RunHistory:
        """The eval runs."""
        from llmops_magics.evals.history import RunHistory

        return RunHistory(self.store)

    @cached_property
    def monitors(self) -> Monitors:
        """What the stored calls add up to, and the monitors that watch it."""
        from llmops_magics.workbench.monitors import Monitors

        def flush() -> None:
            if "spans" in self.__dict__:
                self.spans.flush()

        return Monitors(
            lambda: self.store,
            root=self.root,
            settings=self.settings,
            actor=current_actor,
            flush_spans=flush,
        )

    @cached_property
    def corpora(self) -> Corpora:
        """The corpora: versions of documents, and what one does with them."""
        from llmops_magics.workbench.corpora import Corpora

        return Corpora(lambda: self.store, self.settings, current_actor, root=self.root)

    @cached_property
    def indexes(self) -> Indexes:
        """The indexes of the corpora: built, refreshed, searched and checked."""
        from llmops_magics.workbench.indexes import Indexes

        return Indexes(
            self._index_registry,
            lambda: self.corpora.registry,
            root=self.root,
            redacted=lambda: self.settings.trace.capture != "full",
        )

    def _index_registry(self) -> IndexRegistry:
        from llmops_magics.models.local.embedding import get_embedder
        from llmops_magics.retrieval.index.registry import IndexRegistry

        return IndexRegistry(
            self.store,
            self.root / STATE_FOLDER / "chroma",
            get_embedder,
            current_actor,
            self._observe,
            embedders=self.embedders,
            cache=self.embedding_cache,
            corpora=lambda: self.corpora.registry,
            server=self.settings.retrieval.server,
        )

    @cached_property
    def embedders(self) -> Embedders:
        """The embedders, by what is written behind ``--embedding``."""
        from llmops_magics.retrieval.embedding.registry import Embedders

        return Embedders(self.settings, lambda: self.client)

    @cached_property
    def embedding_cache(self) -> EmbeddingCache:
        """The vectors that were embedded once, which builds and sweeps share."""
        from llmops_magics.retrieval.embedding.cache import EmbeddingCache

        limit_mb = self.settings.retrieval.embedding_cache_mb
        return EmbeddingCache(self.root / STATE_FOLDER, limit_mb=limit_mb)

    @cached_property
    def search(self) -> Search:
        """Ask a corpus: ``search(corpus, queries, k=…, retriever=…, principal=…)``."""
        from llmops_magics.workbench.search import Search

        return Search(
            lambda: self.indexes.registry,
            lambda: self.corpora.registry,
            self._observe,
            lambda: self.settings.access.groups,
            current_actor,
        )

    @cached_property
    def retrieval(self) -> Retrieval:
        """Retrievers measured on labelled queries, and how what they find drifts."""
        from llmops_magics.workbench.retrieval import Retrieval

        return Retrieval.of(self, self._bench, current_actor)

    @cached_property
    def pricing(self) -> PricingInterceptor:
        """What calls cost."""
        from llmops_magics.cost.interceptor import PricingInterceptor

        return PricingInterceptor(self.prices)

    @cached_property
    def prices(self) -> PriceBook:
        """The price tables: those of ``llmops.toml`` before the installed one."""
        from llmops_magics.cost.price import PriceBook

        return PriceBook.of(self.settings)

    @cached_property
    def costs(self) -> Costs:
        """What calls have cost, and the budgets."""
        from llmops_magics.workbench.costs import Costs

        def flush() -> None:
            if "spans" in self.__dict__:
                self.spans.flush()

        def forget() -> None:
            if "_budgeting" in self.__dict__:
                self._budgeting.book.forget()

        return Costs(
            lambda: self.store,
            self.prices,
            current_actor,
            flush=flush,
            on_change=forget,
            notices=self.budget_notices,
        )

    @cached_property
    def budget_notices(self) -> Notices:
        """What budgets had to say since the last cell."""
        from llmops_magics.cost.notice import Notices

        return Notices()

    @cached_property
    def _budgeting(self) -> BudgetInterceptor:
        from llmops_magics.cost.budget_interceptor import BudgetInterceptor
        from llmops_magics.cost.worst import WorstCase

        timeout_s = self.settings.models.timeout_s
        worst = WorstCase(self.prices, timeout_s=timeout_s)
        return BudgetInterceptor(
            lambda: self.store, worst, timeout_s=timeout_s, notices=self.budget_notices
        )

    @cached_property
    def traces(self) -> Traces:
        """The stored traces, and what one does with them."""
        from llmops_magics.workbench.traces import Traces

        def flush() -> None:
            if "spans" in self.__dict__:
                self.spans.flush()

        return Traces(
            lambda: self.store,
            current_actor,
            flush=flush,
            masking=lambda: self._masking,
            annotate=self._annotate,
        )

    @cached_property
    def spans(self) -> SpanWriter:
        """The writer of finished spans, which a collector may get too."""
        from llmops_magics.tracing.collector import collectors
        from llmops_magics.tracing.writer import SpanWriter

        return SpanWriter(lambda: self.store, self._masking, collectors())

    @cached_property
    def _masking(self) -> Masking:
        from llmops_magics.tracing.masking import Masking

        trace = self.settings.trace
        with_content = trace.capture not in ("none", "metadata")
        return Masking(trace.redact, trace.patterns, with_content=with_content)

    @cached_property
    def tracing(self) -> Tracing:
        """The tracer of this process."""
        from llmops_magics.tracing.pipeline import Tracing

        def mask(span: Span) -> Span:  # what it masks is read when there is something to mask
            return self._masking.span(span)

        return Tracing(self._keep, self._annotate, mask)

    @cached_property
    def client(self) -> ModelClient:
        """The model client, with the chain of interceptors in its fixed order."""
        from llmops_magics.cost.cap import CapInterceptor
        from llmops_magics.models.cache import CachingInterceptor, ResponseCache
        from llmops_magics.models.client import ModelClient
        from llmops_magics.models.limits import LimitInterceptor
        from llmops_magics.tracing.embedding import EmbeddingTracing
        from llmops_magics.tracing.interceptor import TracingInterceptor
        from llmops_magics.workbench.routing import routing_interceptor

        capture = self.settings.trace.keeps_content
        answers = ResponseCache(lambda: self.store, self.settings.cache)
        routing = routing_interceptor(
            self.settings,
            tracing=self.tracing,
            client=lambda: self.client,
            prompts=lambda: self.prompts.registry,
        )
        limited = (
            LimitInterceptor(self.settings),
            CapInterceptor(self.prices, timeout_s=self.settings.models.timeout_s),
            self._budgeting,
            self.pricing,
        )
        tracing = TracingInterceptor(self.tracing, capture_content=capture)
        return ModelClient(
            self.settings,
            (routing, tracing, CachingInterceptor(answers, self.settings), *limited),
            embedding_interceptors=(EmbeddingTracing(self.tracing), *limited),
            on_close=answers.close,
        )

    def model_of(self, version: PromptVersion, model: str = "") -> str:
        """Return which model answers a prompt: the one asked for, its own, or the default."""
        return model or version.model or self.settings.default_model

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
        return self._evaluations.evaluate(_request(target, data, scorers, options))

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
        request = _request("", data, scorers, options)
        return self._evaluations.evaluate_matrix(request, targets, models, variants)

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
        from llmops_magics.workbench.rightsizing import SizeRequest, rightsize

        wanted = SizeRequest(
            models=models, margin=margin, reference=reference, write_route=write_route
        )
        request = _request(prompt, data, scorers, options)
        return rightsize(self._evaluations, self.settings, request, wanted)

    def resume(self, run_id: str, *, data: Any = None, **options: Unpack[EvalOptions]) -> EvalRun:
        """Finish a run that was broken off; ``data``, if given, must be what it ran on."""
        return self._continuation.resume(run_id, _request("", data, (), options))

    def run(self, run_id: str) -> EvalRun:
        """Return a finished run by its id, with its samples and the comparison it had."""
        return self._continuation.read(run_id)

    def retry_errors(
        self, run_id: str, *, data: Any = None, **options: Unpack[EvalOptions]
    ) -> EvalRun:
        """Ask the failed calls of a run again, in a new run; the old one stays as it is."""
        return self._continuation.retry_errors(run_id, _request("", data, (), options))

    def rescore(
        self, run_id: str, scorers: Sequence[Any], **options: Unpack[EvalOptions]
    ) -> EvalRun:
        """Score the answers of a finished run with other scorers, without asking for them anew."""
        return self._continuation.rescore(run_id, _request("", None, scorers, options))

    def review(self, run: EvalRun | str, scope: Scope | None = None) -> ReviewSession:
        """Open the review of a run, where it was left; ``scope`` says which of its cases."""
        from llmops_magics.evals.review.session import open_review

        redacted = self.settings.trace.capture != "full"
        return open_review(self.store, run, scope, add=self.datasets.add, redacted=redacted)

    def calibrate(self, judge: Any, labels: Any, **options: Any) -> Calibration:
        """Hold a judge against human labels; the report is stored as its licence, or its refusal.

        ``judge`` is the name of a scorer or a function, ``labels`` any data; ``options`` are those
        of ``workbench.calibration.CalibrationRequest``.
        """
        from llmops_magics.workbench.calibration import CalibrationRequest, Calibrations

        calibrations = Calibrations(
            store=self.store,
            prompts=self.prompts.registry,
            datasets=self.datasets.registry,
            client=self.client,
            settings=self.settings,
        )
        return calibrations.calibrate(CalibrationRequest(judge=judge, labels=labels, **options))

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

    def close(self) -> None:
        """Write what is buffered and close connections."""
        opened = self.__dict__
        if "spans" in opened:
            self.spans.close()
        if "client" in opened:
            self.client.close()
        if self._store is not None:
            self._store.close()

    @cached_property
    def _evaluations(self) -> Evaluations:
        from llmops_magics.workbench.evaluation import Evaluations

        return Evaluations(
            self._bench,
            self.prompts.registry,
            settings=self.settings,
            history=self.runs,
            tracing=self.tracing,
        )

    @property
    def _continuation(self) -> Continuation:
        from llmops_magics.workbench.continuation import Continuation

        return Continuation(self._evaluations)

    def _measurer(self, on_progress: Progress | None) -> Measurer:
        return self._evaluations.measurer(on_progress)

    def _observe(self) -> Operations:
        from llmops_magics.tracing.operation import Operations

        return Operations(lambda: (self.tracing, self.settings.trace.keeps_content))

    def _keep(self, span: Span) -> None:
        """Hand a span to the writer, which brings SQLAlchemy: not before there is one."""
        if self._is_stored:
            self.spans.put(span)

    @cached_property
    def _is_stored(self) -> bool:
        try:
            return self.settings.trace.capture != "none"
        except ConfigError:  # what is wrong is said where it matters, not by a span that ends
            return False

    def _annotate(self, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Price other code's calls; ours are priced before their span ends."""
        if semconv.OPERATION not in attributes or semconv.PURPOSE in attributes:
            return {}
        return self.pricing.annotate(attributes)


def _request(target: Any, data: Any, scorers: Sequence[Any], options: EvalOptions) -> EvalRequest:
    from llmops_magics.evals.request import EvalRequest

    return EvalRequest(target=target, data=data, scorers=scorers, **options)


def create_workspace(folder: Path) -> Path:
    """Write ``llmops.toml`` into a folder, which is made if need be; return the file's path.

    Raises ``UsageError`` when there is one already.
    """
    path = folder / FILE_NAME
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(TEMPLATE)
    except FileExistsError:
        raise UsageError(
            f"{path} is there already.", hint="Edit it; nothing was changed."
        ) from None
    return path


_CURRENT: dict[tuple[Path, int], Workspace] = {}


def current_workspace(start: Path | None = None) -> Workspace:
    """Return the workspace of a folder (the current one), opened once a process."""
    key = (find_root(start or Path.cwd()), os.getpid())
    if key not in _CURRENT:
        _CURRENT[key] = Workspace(key[0])
    return _CURRENT[key]
