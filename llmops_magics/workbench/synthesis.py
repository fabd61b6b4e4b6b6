"""Write queries with a model where nobody has labelled any: ``workspace.relevance.synthesise``.

It is an eval run of a prompt over chunks: planned before the first call, cached, within budgets,
and gone on with by saying the same line again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmops_magics.datasets.dataset import MAX_NAME_CHARS, DatasetVersion, dataset_from_cases
from llmops_magics.datasets.reference import check_name
from llmops_magics.datasets.registry import Commit
from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.evals.plan import EvalPlan
from llmops_magics.evals.process import this_process
from llmops_magics.evals.request import AskedCache, EvalRequest, Progress
from llmops_magics.evals.retrieval.synthesis.collect import QuestionScorer, Taken, take
from llmops_magics.evals.retrieval.synthesis.draw import Drawn, draw
from llmops_magics.evals.retrieval.synthesis.prompt import chunk_case, question_prompt
from llmops_magics.evals.retrieval.synthesis.record import QuerySynthesis, shown_queries
from llmops_magics.evals.stopped import EvalInterrupted, EvalStoppedError
from llmops_magics.evals.target import PromptTarget
from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.measure.query import SYNTHETIC, QuerySet

if TYPE_CHECKING:
    from llmops_magics.evals.estimate import EvalEstimate
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.workbench.evaluation import Evaluations
    from llmops_magics.workbench.retrieval_baseline import Indexes

N = 50
MOST = 10_000
_GO_ON = "The same line again goes on from there: stored answers cost nothing."


@dataclass(frozen=True, kw_only=True)
class SynthesisRequest:
    """What is asked for: questions about ``n`` chunks that the principal may read.

    ``dataset`` is the name that the queries go under (the corpus's with ``-synthetic``, unless
    told); ``on_plan`` is shown the estimate before the first call and may raise.
    """

    corpus: str
    principal: Principal
    n: int = N
    model: str = ""
    seed: int = 0
    dataset: str = ""
    concurrency: int = 0
    cache: AskedCache = ""
    max_cost_usd: Decimal | float | str | None = None
    on_plan: Callable[[EvalEstimate], None] | None = None
    on_progress: Progress | None = None

    @property
    def name(self) -> str:
        """The dataset's name; raises ``DatasetError`` for one that none can have."""
        return check_name(self.dataset or _named(self.corpus, SYNTHETIC))


@dataclass(frozen=True)
class Synthesis:
    """Writes queries about the chunks of an index."""

    evaluations: Evaluations
    indexes: Indexes

    def run(self, request: SynthesisRequest) -> QuerySynthesis:
        """Draw chunks, ask about each, and keep what can be used as a dataset version.

        Raises ``RetrievalError`` where there is nothing to ask about or a limit was reached.
        """
        if not 1 <= request.n <= MOST:
            raise UsageError(f"n is {request.n}.", hint=f"Give 1 to {MOST:,} chunks to ask about.")
        self._refuse_other_queries(request.name)
        fingerprint = str(self.indexes.manifest(request.corpus).fingerprint)
        drawn = draw(
            self.indexes.chunks(request.corpus), request.n, request.seed, request.principal
        )
        if not drawn.chunks:
            raise _nothing_to_ask(request, drawn)
        scorer = QuestionScorer()
        plan = self._plan(request, drawn, scorer)
        run = self._asked(plan, request)
        taken = take(run.samples, drawn.chunks, scorer.found)
        dataset = self._keep(request, taken, run) if taken.queries else None
        return replace(
            self._record(request, drawn, taken, run),
            index_fingerprint=fingerprint,
            dataset=dataset.ref if dataset else "",
            dataset_digest=dataset.digest if dataset else "",
        )

    def _plan(self, request: SynthesisRequest, drawn: Drawn, scorer: QuestionScorer) -> EvalPlan:
        bench = self.evaluations.bench
        version = question_prompt(self.evaluations.prompts)
        chunks = dataset_from_cases(map(chunk_case, drawn.chunks), _named(request.corpus, "chunks"))
        target = PromptTarget(version=version)
        target.check(chunks.cases, chunks.name)
        model = bench.model_of(version, request.model)
        return EvalPlan(
            target=target,
            dataset=bench.datasets().register(chunks),
            scorers=(scorer,),
            model=model,
            concurrency=request.concurrency or self.evaluations.usual_concurrency(model),
            cache=self._as_eval(request).cache_mode,
            notes={
                "specs": [scorer.name],
                "process": this_process(),
                "prompt_digest": version.digest,
                "corpus": request.corpus,
                "seed": request.seed,
            },
        )

    def _asked(self, plan: EvalPlan, request: SynthesisRequest) -> EvalRun:
        if request.on_plan:
            request.on_plan(self.evaluations.estimate([plan]))
        with _said_again(), self.evaluations.capped(self._as_eval(request)):
            return self.evaluations.run(plan, request.on_progress)

    def _as_eval(self, request: SynthesisRequest) -> EvalRequest:
        return EvalRequest(
            target="",
            data=None,
            scorers=(),
            cache=request.cache,
            max_cost_usd=request.max_cost_usd,
        )

    def _refuse_other_queries(self, name: str) -> None:
        """Keep synthetic queries apart: a name that holds others is not theirs."""
        registry = self.evaluations.bench.datasets()
        newest = registry.newest(name)
        if newest is None:
            return
        others = sum(not c.metadata.get(SYNTHETIC) for c in registry.load(newest).cases)
        if others:
            raise UsageError(
                f"{newest.ref} holds {others:,} cases that are no synthetic queries.",
                hint="Synthetic queries are kept apart: give --as another name.",
            )

    def _keep(self, request: SynthesisRequest, taken: Taken, run: EvalRun) -> DatasetVersion:
        queries = QuerySet(name=request.name, queries=taken.queries)
        message = f"{len(taken.queries)} synthetic queries on {request.corpus}, {run.run_id}"
        commit = Commit(message=message, is_explicit=True)
        return self.evaluations.bench.datasets().register(queries.as_dataset(), commit)

    def _record(
        self, request: SynthesisRequest, drawn: Drawn, taken: Taken, run: EvalRun
    ) -> QuerySynthesis:
        spent = [sample.spent_usd for sample in run.samples]
        known = [each for each in spent if each is not None]
        return QuerySynthesis(
            corpus=request.corpus,
            prompt=run.prompt,
            model=", ".join(run.resolved_models) or run.model,
            seed=request.seed,
            principal=request.principal.name,
            asked=len(drawn.chunks),
            written=len(taken.queries),
            dropped=taken.dropped,
            documents=len({query.group for query in taken.queries}),
            candidates=drawn.candidates,
            candidate_documents=drawn.documents,
            too_short=drawn.too_short,
            unreadable=drawn.unreadable,
            run_id=run.run_id,
            cost_usd=sum(known, Decimal(0)) if len(known) == len(spent) else None,
            queries=shown_queries(taken.queries, redacted=self.evaluations.bench.redacted()),
        )


def _named(corpus: str, what: str) -> str:
    return f"{corpus[: MAX_NAME_CHARS - len(what) - 1]}-{what}"


def _nothing_to_ask(request: SynthesisRequest, drawn: Drawn) -> RetrievalError:
    return RetrievalError(
        f"the index of {request.corpus!r} has no chunk to ask about: {drawn.too_short:,} are too "
        f"short, and {request.principal.name!r} may not read {drawn.unreadable:,}.",
        hint="Chunks of 20 words or more can be asked about.",
    )


@contextmanager
def _said_again() -> Iterator[None]:
    """Say how a synthesis that was broken off goes on."""
    try:
        yield
    except EvalStoppedError as stopped:
        raise RetrievalError(
            f"{stopped.why} {_counted(stopped)}", hint=f"{stopped.hint} {_GO_ON}".strip()
        ) from stopped
    except EvalInterrupted as stopped:
        stopped.args = (f"{_counted(stopped)} {_GO_ON}",)
        raise


def _counted(stopped: EvalStoppedError | EvalInterrupted) -> str:
    return f"{stopped.done:,} of {stopped.total:,} chunks were asked about, in {stopped.run_id}."
