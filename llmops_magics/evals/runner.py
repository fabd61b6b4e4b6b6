"""Run a prompt version over a dataset: call, score, store, and never lose a run to one call.

A fixed number of workers take cases from one queue, so that memory and connections follow the
concurrency and not the dataset. Finished samples are written in batches off the loop. A call that
fails is a sample with its error; an interrupt keeps what is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmops_magics.datasets.case import Case
from llmops_magics.datasets.dataset import DatasetVersion
from llmops_magics.errors import DatasetError, ModelError, RenderError, StoreError
from llmops_magics.evals.history import RunHistory
from llmops_magics.evals.run import EvalRun, Sample, Score
from llmops_magics.evals.sample import answered, cost_of, masked, output_of, unanswered
from llmops_magics.evals.scorer import Ask, Embed, Scorer, ScorerContext, run_scorer
from llmops_magics.evals.summary import summarise
from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.models.client import ModelClient
from llmops_magics.prompts.image import NO_FILES, ImageReader
from llmops_magics.prompts.render import render_prompt
from llmops_magics.prompts.version import PromptVersion
from llmops_magics.record import format_time, utc_now
from llmops_magics.tracing import semconv
from llmops_magics.tracing.pipeline import Tracing

WRITE_INTERVAL_S = 0.2
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class EvalPlan:
    """What to run: one version, one dataset, with which scorers and how."""

    version: PromptVersion
    dataset: DatasetVersion
    scorers: tuple[Scorer, ...]
    model: str
    repeats: int = 1
    concurrency: int = 8

    @property
    def sample_count(self) -> int:
        """How many calls of the model under test it takes."""
        return len(self.dataset.cases) * self.repeats


class EvalRunner:
    """Runs plans; ``ask`` and ``embed`` serve the scorers that need a judge or an embedder.

    ``judge`` says who judges (a model); a run notes it where one of its scorers needs a judge.
    ``images`` gives the templates theirs.
    """

    def __init__(
        self,
        *,
        client: ModelClient,
        history: RunHistory,
        tracing: Tracing,
        ask: Ask | None = None,
        embed: Embed | None = None,
        redacted: bool = True,
        judge: str = "",
        images: ImageReader = NO_FILES,
    ) -> None:
        self._client = client
        self._history = history
        self._tracing = tracing
        self._ask = ask
        self._embed = embed
        self._redacted = redacted
        self._judge = judge
        self._images = images

    async def run(
        self, plan: EvalPlan, on_progress: Progress = lambda _done, _all: None
    ) -> EvalRun:
        """Run a plan to its end and return its record.

        Raises before the first call for a case that lacks a variable (``DatasetError``) or a
        model that no endpoint serves (``ModelError``). ``on_progress`` gets (done, all).
        """
        check_variables(plan.version, plan.dataset)
        await self._client.resolve(plan.model)
        started_at, clock = format_time(utc_now()), time.perf_counter()
        run_id = self._history.start(
            plan.version,
            dataset_digest=plan.dataset.digest,
            model=plan.model,
            config=_config(plan, self._judge),
            started_at=started_at,
        )
        name = f"eval {plan.version.ref}"
        with self._tracing.span(
            name, {semconv.RUN_ID: run_id, semconv.PROMPT_REF: plan.version.ref}
        ):
            samples, models = await _Execution(self, plan, run_id, on_progress).finish()
        summary = summarise(samples, [s.name for s in plan.scorers], time.perf_counter() - clock)
        self._history.finish(run_id, summary, resolved_models=models)
        return EvalRun(
            run_id=run_id,
            prompt=plan.version.ref,
            prompt_digest=plan.version.digest,
            dataset=plan.dataset.name,
            dataset_digest=plan.dataset.digest,
            model=plan.model,
            resolved_models=models,
            repeats=plan.repeats,
            started_at=started_at,
            summary=summary,
            samples=samples,
            scorer_digests={s.name: s.digest for s in plan.scorers},
        )

    async def answer(self, plan: EvalPlan, case: Case, repeat: int, run_id: str) -> Answered:
        """Call the model for one case and score what it says."""
        sample = unanswered(case, repeat)
        try:
            # A case has columns for other prompts too: those that this one does not read go.
            messages = render_prompt(plan.version, case.inputs, images=self._images, strict=False)
            response = await self._client.chat(_request(plan, messages, case, run_id))
        except (ModelError, RenderError) as error:
            return Answered(sample=self._masked(replace(sample, error=str(error))), model="")
        context = self._context(case, repeat, messages, response)
        scores: list[Score] = []
        for scorer in plan.scorers:
            scores.extend(await run_scorer(scorer, context))
        return Answered(
            sample=self._masked(answered(sample, response, tuple(scores))), model=response.model
        )

    def store(self, run_id: str, samples: Sequence[Sample]) -> None:
        """Write finished samples."""
        self._history.add(run_id, samples)

    def interrupt(self, run_id: str) -> None:
        """Note that a run was stopped before its end."""
        self._history.finish(run_id, None, status="interrupted")

    def _context(
        self, case: Case, repeat: int, messages: list[dict[str, Any]], response: ChatResponse
    ) -> ScorerContext:
        context = case.inputs.get("context")
        return ScorerContext(
            output=output_of(response),
            expected=case.expected,
            inputs=case.inputs,
            context=context if isinstance(context, str) else "",
            case_id=case.id,
            latency_ms=response.latency_ms,
            cost_usd=cost_of(response),
            output_tokens=response.usage.output_tokens if response.usage else None,
            messages=list(messages),
            tool_calls=response.tool_calls,
            tags=case.tags,
            metadata=case.metadata,
            repeat=repeat,
            case=case,
            trace_id=response.trace_id,
            ask=self._ask,
            embed=self._embed,
        )

    def _masked(self, sample: Sample) -> Sample:
        return masked(sample) if self._redacted else sample


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A finished sample, and the model that the endpoint says answered it."""

    sample: Sample
    model: str


class _Execution:
    """The workers of one run, and the writer that saves what they finish."""

    def __init__(
        self, runner: EvalRunner, plan: EvalPlan, run_id: str, on_progress: Progress
    ) -> None:
        self._runner = runner
        self._plan = plan
        self._run_id = run_id
        self._on_progress = on_progress
        self._finished: dict[tuple[str, int], Sample] = {}
        self._unwritten: list[Sample] = []
        self._models: dict[str, None] = {}
        self._stopping = asyncio.Event()

    async def finish(self) -> tuple[tuple[Sample, ...], tuple[str, ...]]:
        """Answer every case; return the samples in the dataset's order, and the models seen."""
        work = self._work()
        writer = asyncio.create_task(self._write_regularly())
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._plan.concurrency, self._plan.sample_count)):
                    group.create_task(self._take(work))
        except BaseException:  # an interrupt, or what no call should raise: keep what is done
            await self._stop(writer)
            self._runner.interrupt(self._run_id)
            raise
        await self._stop(writer)
        order = ((c.id, r) for c in self._plan.dataset.cases for r in range(self._plan.repeats))
        return tuple(self._finished[key] for key in order), tuple(self._models)

    def _work(self) -> Iterator[tuple[Case, int]]:
        for repeat in range(self._plan.repeats):
            for case in self._plan.dataset.cases:
                yield case, repeat

    async def _take(self, work: Iterator[tuple[Case, int]]) -> None:
        for case, repeat in work:  # shared: each worker takes the next one
            answered = await self._runner.answer(self._plan, case, repeat, self._run_id)
            sample = answered.sample
            self._finished[sample.case_id, sample.repeat] = sample
            self._unwritten.append(sample)
            if answered.model:
                self._models[answered.model] = None
            self._on_progress(len(self._finished), self._plan.sample_count)

    async def _write_regularly(self) -> None:
        """Write what has finished, a few times a second; what cannot be written stays for later."""
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), WRITE_INTERVAL_S)
            batch = self._unwritten[:]
            with contextlib.suppress(StoreError):  # ``_stop`` tries once more, and raises
                await asyncio.to_thread(self._write, batch)

    async def _stop(self, writer: asyncio.Task[None]) -> None:
        self._stopping.set()
        await writer
        self._write(self._unwritten[:])

    def _write(self, batch: list[Sample]) -> None:
        if batch:
            self._runner.store(self._run_id, batch)
            del self._unwritten[: len(batch)]


def check_variables(version: PromptVersion, dataset: DatasetVersion) -> None:
    """Refuse a dataset with a case that lacks a variable which has no default."""
    required = version.required
    for case in dataset.cases:
        missing = [name for name in required if name not in case.inputs]
        if missing:
            raise DatasetError(
                f"case {case.id!r} of {dataset.name} lacks {', '.join(missing)}, which "
                f"{version.ref} reads.",
                hint=f"Its columns are {', '.join(dataset.columns) or 'none'}; add the missing "
                "one, or rename the variable in the prompt.",
            )


def _config(plan: EvalPlan, judge: str) -> dict[str, Any]:
    config = {
        "repeats": plan.repeats,
        "concurrency": plan.concurrency,
        "scorers": {s.name: s.digest for s in plan.scorers},
        "settings": plan.version.settings,
    }
    is_judged = judge and any("judge" in scorer.needs for scorer in plan.scorers)
    return {**config, "judge": judge} if is_judged else config


def _request(
    plan: EvalPlan, messages: list[dict[str, Any]], case: Case, run_id: str
) -> ChatRequest:
    return ChatRequest(
        model=plan.model,
        messages=tuple(messages),
        settings=plan.version.settings,
        prompt_ref=plan.version.ref,
        attributes={semconv.CASE_ID: case.id, semconv.RUN_ID: run_id},
    )
