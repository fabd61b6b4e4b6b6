"""Run evals for a workspace: what is asked for becomes plans, and plans become stored runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llmops_magics.cost.cap import SpendingCap, capped
from llmops_magics.errors import UsageError
from llmops_magics.evals.attribution.measure import Measurer
from llmops_magics.evals.comparison import chance_flips, compare
from llmops_magics.evals.function_target import FunctionTarget, function_target
from llmops_magics.evals.judge import Judges
from llmops_magics.evals.plan import EvalPlan
from llmops_magics.evals.process import this_process
from llmops_magics.evals.request import EvalRequest, Progress
from llmops_magics.evals.runner import EvalRunner
from llmops_magics.evals.sampling import Equipment
from llmops_magics.evals.scorer import resolve
from llmops_magics.evals.stopped import EvalInterrupted, one_of_several
from llmops_magics.evals.stored_answers import stored_answers
from llmops_magics.evals.target import PromptTarget, Target
from llmops_magics.models.endpoint import address_of
from llmops_magics.models.loop import LOOP

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from llmops_magics.config.settings import Settings
    from llmops_magics.datasets.dataset import DatasetVersion
    from llmops_magics.evals.cause.record import Attribution
    from llmops_magics.evals.estimate import EvalEstimate
    from llmops_magics.evals.history import RunHistory
    from llmops_magics.evals.matrix import EvalMatrix
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.evals.scorer import Scorer
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.tracing.pipeline import Tracing
    from llmops_magics.workbench.bench import Bench

LOCAL_CONCURRENCY = 1  # the embedded server answers one call at a time; queueing is not latency
FUNCTION_CONCURRENCY = 8


class Evaluations:
    """The evals of one workspace, run with its models, judge, embedder and store."""

    def __init__(
        self,
        bench: Bench,
        prompts: PromptRegistry,
        *,
        settings: Settings,
        history: RunHistory,
        tracing: Tracing,
        causes: Attribution | None = None,
    ) -> None:
        self.bench = bench
        self.prompts = prompts
        self.history = history
        self._settings = settings
        self._tracing = tracing
        self._causes = causes

    def evaluate(self, request: EvalRequest) -> EvalRun:
        """Run what is asked for; see ``Workspace.evaluate``."""
        plan, *others = self.plans(request)
        if request.on_plan:
            request.on_plan(self.estimate([plan, *others], aa=request.aa))
        is_alone = not others and not request.aa
        with self.capped(request), nullcontext() if is_alone else one_of_several():
            baseline = self.run(others[0], request.on_progress) if others else None
            run = self.run(_beside(plan, baseline), request.on_progress)
            comparison = compare(run, baseline) if baseline else None
            if not request.aa:
                return replace(run, comparison=comparison)
            first, again = baseline or run, (others or [plan])[0]
            second = replace(again, first_repeat=again.first_repeat + again.repeats)
            chance = chance_flips(first, self.run(second, request.on_progress))
        if comparison is not None:
            comparison = replace(comparison, chance=chance)
        return replace(run, comparison=comparison, chance=chance)

    def plans(self, request: EvalRequest) -> list[EvalPlan]:
        """Return the plan of the target, and of the baseline where there is one."""
        scorers = resolve(request.scorers, request.namespace)
        wanted = [each for each in (request.target, request.baseline) if each != ""]
        targets = [self.target(each, request.settings) for each in wanted]
        datasets = self.bench.datasets()
        dataset = datasets.read(request.data)
        for target in targets:  # the baseline too, before the first call of either
            target.check(dataset.cases, dataset.name)
        dataset = datasets.register(dataset)
        return [self._plan(request, target, dataset, scorers) for target in targets]

    def _plan(
        self,
        request: EvalRequest,
        target: Target,
        dataset: DatasetVersion,
        scorers: tuple[Scorer, ...],
    ) -> EvalPlan:
        model = ""
        if isinstance(target, PromptTarget):
            model = self.bench.model_of(target.version, request.model)
        elif request.model:
            raise UsageError(
                f"{target.name} chooses its model itself.", hint="Leave the model out."
            )
        return EvalPlan(
            target=target,
            dataset=dataset,
            scorers=scorers,
            model=model,
            repeats=request.repeats,
            concurrency=request.concurrency or self.usual_concurrency(model),
            cache=request.cache_mode,
            case_timeout_s=request.case_timeout_s,
            run_timeout_s=request.run_timeout_s,
            notes={**_notes(target, request.scorers, scorers), **limits_of(request)},
        )

    def evaluate_matrix(
        self,
        request: EvalRequest,
        targets: Sequence[Any],
        models: Sequence[str] = (),
        variants: Sequence[Mapping[str, Any]] = (),
    ) -> EvalMatrix:
        """Run every target with every model and every variant of settings on the same cases."""
        from llmops_magics.evals.matrix import build_matrix

        cells = [
            replace(request, target=target, baseline="", model=model, settings=own, on_plan=None)
            for target in targets
            for model in models or (request.model,)
            for own in variants or (request.settings,)
        ]
        if request.baseline != "":
            cells.append(replace(request, target=request.baseline, baseline="", on_plan=None))
        plans = [plan for cell in cells for plan in self.plans(cell)]
        if request.on_plan:
            request.on_plan(self.estimate(plans))
        with self.capped(request), one_of_several():
            last = plans.pop() if request.baseline != "" else None
            baseline = self.run(last, request.on_progress) if last else None
            runs = [self.run(_beside(plan, baseline), request.on_progress) for plan in plans]
        return build_matrix(runs, baseline=baseline)

    def target(self, wanted: Any, settings: Mapping[str, Any] | None = None) -> Target:
        """Return what a prompt reference or a function stands for; a target stands for itself."""
        if isinstance(wanted, PromptTarget | FunctionTarget):
            return wanted
        if isinstance(wanted, str):
            return PromptTarget(version=self.prompts.get(wanted), overrides=settings or {})
        if settings:
            raise UsageError("Settings stand in for those of a prompt; a function has none.")
        if not callable(wanted):
            raise UsageError(
                f"A {type(wanted).__name__} cannot be evaluated.",
                hint="Give a prompt's name or a function.",
            )
        return function_target(wanted)

    def estimate(self, plans: Sequence[EvalPlan], *, aa: bool = False) -> EvalEstimate:
        """Return what these plans will take."""
        from llmops_magics.cost.price import PriceBook
        from llmops_magics.evals.estimate import estimate

        store, images = self.bench.store(), self.bench.images

        def is_cached(plan: EvalPlan) -> int | None:
            return stored_answers(
                plan, store, images, lambda model: address_of(model, self._settings)
            )

        return estimate(
            plans,
            store=store,
            aa=aa,
            is_cached=is_cached,
            judge_model=self._settings.judge_model,
            images=images,
            prices=PriceBook.of(self._settings),
            routers=self._settings.router,
        )

    def measurer(self, on_progress: Progress | None = None) -> Measurer:
        """Return what measures versions, with stored runs first."""
        return Measurer(
            lambda plan: self.run(plan, on_progress),
            self.bench.store(),
            concurrency=self.usual_concurrency,
            identify=self.runner().identities,
            redacted=self.bench.redacted(),
        )

    def run(self, plan: EvalPlan, on_progress: Progress | None = None) -> EvalRun:
        """Run one plan to its end."""
        watch = Watch(plan, on_progress)
        return self.finish(self.runner().run(plan, watch.note, watch.start), watch)

    def finish(self, work: Coroutine[Any, Any, EvalRun], watch: Watch) -> EvalRun:
        """Drive a run to its end; Ctrl-C says what is kept."""
        try:
            watch.tick()
        except BaseException:  # Ctrl-C before the first step
            work.close()
            raise
        try:
            run = LOOP.run(work, tick=watch.tick if watch.on_progress else None)
        except KeyboardInterrupt:
            if not watch.run_id:
                raise
            raise EvalInterrupted(watch.run_id, watch.done, watch.plan.sample_count) from None
        watch.tick()
        return run

    def runner(self) -> EvalRunner:
        """Return a runner with all that the workspace has."""
        client = self.bench.client()
        equipment = Equipment(
            client=client,
            tracing=self._tracing,
            judges=Judges(self.prompts, client, self._settings.judge_model),
            embed=_embedder(),
            images=self.bench.images,
            redacted=self.bench.redacted(),
            causes=self._causes,
        )
        return EvalRunner(equipment, self.history)

    @contextmanager
    def capped(self, request: EvalRequest) -> Iterator[None]:
        """Hold everything in a block to the most that may be spent."""
        limit_usd = request.cap_usd
        if limit_usd is None:
            yield
            return
        with capped(SpendingCap(limit_usd)):
            yield

    def usual_concurrency(self, model: str) -> int:
        """Return how many calls of a model are under way at once, if nobody says otherwise."""
        if not model:
            return FUNCTION_CONCURRENCY
        is_local = model.startswith("local/")
        return LOCAL_CONCURRENCY if is_local else self._settings.models.concurrency


@dataclass
class Watch:
    """How far a run is; the loop's thread notes it, the caller's shows it."""

    plan: EvalPlan
    on_progress: Progress | None
    run_id: str = ""
    done: int = 0

    def start(self, run_id: str) -> None:
        """Note that the run has begun."""
        self.run_id = run_id

    def note(self, done: int, _all: int) -> None:
        """Note how many samples there are."""
        self.done = done

    def tick(self) -> None:
        """Show how far it is."""
        if self.on_progress:
            self.on_progress(self.plan.target.ref, self.done, self.plan.sample_count)


def _beside(plan: EvalPlan, baseline: EvalRun | None) -> EvalPlan:
    """Give the plan its baseline, which pairwise judges compare with."""
    if baseline is None:
        return plan
    notes = {**plan.notes, "baseline_run": baseline.run_id}
    return replace(plan, baseline=baseline.samples, notes=notes)


def _notes(target: Target, asked: Sequence[Any], scorers: Sequence[Scorer]) -> dict[str, Any]:
    """Return what it takes to make the plan again in another process."""
    notes: dict[str, Any] = {"specs": specs_of(asked, scorers), "process": this_process()}
    if isinstance(target, FunctionTarget):
        return {**notes, "function": target.function_name}
    if isinstance(target, PromptTarget):
        notes["prompt_digest"] = target.version.digest
        if target.overrides:
            notes["overrides"] = dict(target.overrides)
    return notes


def specs_of(asked: Sequence[Any], scorers: Sequence[Scorer]) -> list[str]:
    """Return the scorers as they were written, functions by their names."""
    return [
        each if isinstance(each, str) else scorer.name
        for each, scorer in zip(asked, scorers, strict=True)
    ]


def limits_of(request: EvalRequest) -> dict[str, Any]:
    """Return the times that the request sets."""
    limits = {
        "case_timeout_s": request.case_timeout_s,
        "run_timeout_s": request.run_timeout_s,
    }
    return {name: value for name, value in limits.items() if value is not None}


def _embedder() -> Callable[[Sequence[str]], Any] | None:
    """Return the embedder if its weights are here; a scorer that needs it says so otherwise."""
    from llmops_magics.models.local.weights import is_present

    if not (is_present("minilm-l6-v2-int8") and is_present("minilm-l6-v2-tokenizer")):
        return None

    def embed(texts: Sequence[str]) -> Any:
        from llmops_magics.models.local.embedding import get_embedder

        return get_embedder().embed(texts)

    return embed
