"""Run evals for a workspace: what is asked for becomes plans, and plans become stored runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import UsageError
from llmops_magics.evals.attribution.measure import Measurer
from llmops_magics.evals.comparison import chance_flips, compare
from llmops_magics.evals.judge import Judges
from llmops_magics.evals.runner import EvalPlan, EvalRunner, check_variables
from llmops_magics.evals.scorer import resolve
from llmops_magics.models.loop import LOOP
from llmops_magics.workbench.bench import Bench, Progress

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.evals.history import RunHistory
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.tracing.pipeline import Tracing

LOCAL_CONCURRENCY = 1  # the embedded server answers one call at a time; queueing is not latency


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
    ) -> None:
        self._bench = bench
        self._prompts = prompts
        self._settings = settings
        self._history = history
        self._tracing = tracing

    def evaluate(
        self,
        prompt: str,
        data: Any,
        scorers: Sequence[Any],
        *,
        baseline: str = "",
        model: str = "",
        concurrency: int = 0,
        repeats: int = 1,
        aa: bool = False,
        namespace: Mapping[str, Any] | None = None,
        on_progress: Progress | None = None,
    ) -> EvalRun:
        """Run a prompt over a dataset; see ``Workspace.evaluate``."""
        if repeats < 1 or concurrency < 0:
            raise UsageError("repeats must be 1 or more, and concurrency must not be negative.")
        resolved = resolve(scorers, namespace)
        versions = [self._prompts.get(ref) for ref in (prompt, baseline) if ref]
        datasets = self._bench.datasets()
        dataset = datasets.read(data)
        for version in versions:  # the baseline's too, before the first call of either
            check_variables(version, dataset)
        datasets.register(dataset)
        models = [self._bench.model_of(version, model) for version in versions]
        plans = [
            EvalPlan(
                version=version,
                dataset=dataset,
                scorers=resolved,
                model=name,
                repeats=repeats,
                concurrency=concurrency or self._usual_concurrency(name),
            )
            for version, name in zip(versions, models, strict=True)
        ]
        run, *others = [self.run(plan, on_progress) for plan in plans]
        comparison = compare(run, others[0]) if others else None
        if not aa:
            return replace(run, comparison=comparison)
        chance = chance_flips((others or [run])[0], self.run(plans[-1], on_progress))
        if comparison is not None:
            comparison = replace(comparison, chance=chance)
        return replace(run, comparison=comparison, chance=chance)

    def measurer(self, on_progress: Progress | None = None) -> Measurer:
        """Return what measures versions, with stored runs first."""
        return Measurer(
            lambda plan: self.run(plan, on_progress),
            self._bench.store(),
            concurrency=self._usual_concurrency,
            judge=self._settings.judge_model,
            redacted=self._bench.redacted(),
        )

    def run(self, plan: EvalPlan, on_progress: Progress | None = None) -> EvalRun:
        """Run one plan to its end."""
        client = self._bench.client()
        judge = self._settings.judge_model
        runner = EvalRunner(
            client=client,
            history=self._history,
            tracing=self._tracing,
            ask=Judges(self._prompts, client, judge).ask,
            embed=_embedder(),
            redacted=self._bench.redacted(),
            judge=judge,
            images=self._bench.images,
        )
        seen = [0]

        def note(done: int, _all: int) -> None:
            seen[0] = done

        def tick() -> None:
            if on_progress:
                on_progress(plan.version.ref, seen[0], plan.sample_count)

        tick()
        run = LOOP.run(runner.run(plan, note), tick=tick if on_progress else None)
        tick()
        return run

    def _usual_concurrency(self, model: str) -> int:
        is_local = model.startswith("local/")
        return LOCAL_CONCURRENCY if is_local else self._settings.models.concurrency


def _embedder() -> Callable[[Sequence[str]], Any] | None:
    """Return the embedder if its weights are here; a scorer that needs it says so otherwise."""
    from llmops_magics.models.local.weights import is_present

    if not (is_present("minilm-l6-v2-int8") and is_present("minilm-l6-v2-tokenizer")):
        return None

    def embed(texts: Sequence[str]) -> Any:
        from llmops_magics.models.local.embedding import get_embedder

        return get_embedder().embed(texts)

    return embed
