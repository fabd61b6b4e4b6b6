"""One case answered and scored: whatever the target or a scorer does, a sample comes out.

What must end the whole run (a spending cap, an answer that a replay does not find) is raised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from llmops_magics.datasets.case import Case
from llmops_magics.errors import CostCapError, LlmopsError, ReplayMissError
from llmops_magics.evals.cause.record import Attribution
from llmops_magics.evals.judge import Judges
from llmops_magics.evals.plan import EvalPlan
from llmops_magics.evals.raised import describe, is_own
from llmops_magics.evals.run import Sample, Score
from llmops_magics.evals.sample import answered, cost_of, masked, output_of, unanswered
from llmops_magics.evals.scorer import TIMEOUT_S, Embed, ScorerContext, run_scorer
from llmops_magics.evals.scorers.contract import missing
from llmops_magics.evals.target import Answer, Call
from llmops_magics.models.client import ModelClient
from llmops_magics.prompts.image import NO_FILES, ImageReader
from llmops_magics.tracing import semconv
from llmops_magics.tracing.pipeline import Collected, Tracing
from llmops_magics.tracing.trace import Trace

_MASKED = "the answer was masked when it was stored, so it cannot be scored again"
_NAME_CHARS = 200


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """What a workspace lends to its evals.

    ``judges`` and ``embed`` serve the scorers that need them, ``images`` gives the templates
    theirs, ``redacted`` masks what is written down, ``causes`` says why cases failed.
    """

    client: ModelClient
    tracing: Tracing
    judges: Judges | None = None
    embed: Embed | None = None
    images: ImageReader = NO_FILES
    redacted: bool = True
    causes: Attribution | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """One answer that is wanted: a case, the how-manieth, and where the case stands."""

    case: Case
    repeat: int
    position: int


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """Makes the samples of one run."""

    plan: EvalPlan
    run_id: str
    equipment: Equipment = field(repr=False)

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What every span of the run carries."""
        return {semconv.RUN_ID: self.run_id, semconv.PROMPT_REF: self.plan.target.ref}

    async def sample(self, task: Task) -> Sample:
        """Answer one case, in a trace of its own, and score the answer."""
        case, limit_s = task.case, self.plan.case_timeout_s
        sample = unanswered(case, task.repeat)
        attributes = {**self.attributes, semconv.CASE_ID: case.id}
        with self.equipment.tracing.collect(f"case {case.id}"[:_NAME_CHARS], attributes) as trace:
            deadline, own_trace_id = asyncio.timeout(limit_s), trace.trace_id
            try:
                async with deadline:
                    answer = await self.plan.target.answer(case, self._call(task, trace))
            except (CostCapError, ReplayMissError):
                raise
            except BaseException as error:  # a target may raise anything
                if not is_own(error):
                    raise
                sample = replace(sample, error=_why(error, deadline, limit_s))
            else:
                scores = await self._scores(task, answer, trace, deadline)
                sample = replace(
                    answered(sample, answer.response, scores),
                    context=answer.context or "",
                    is_masked=answer.is_masked,
                )
                own_trace_id = answer.trace_id or own_trace_id
            sample = replace(sample, trace_id=own_trace_id, spent_usd=_spent(trace))
        return masked(sample) if self.equipment.redacted else sample

    def _call(self, task: Task, trace: Collected) -> Call:
        return Call(
            client=self.equipment.client,
            model=self.plan.model,
            run_id=self.run_id,
            repeat=self.plan.first_repeat + task.repeat,
            position=task.position,
            trace=trace,
            images=self.equipment.images,
        )

    async def _scores(
        self, task: Task, answer: Answer, trace: Collected, deadline: asyncio.Timeout
    ) -> tuple[Score, ...]:
        if answer.is_masked:
            return tuple(missing(scorer.name, _MASKED) for scorer in self.plan.scorers)
        context = self._context(task, answer, trace)
        scores: list[Score] = []
        for scorer in self.plan.scorers:
            end = deadline.when()
            left_s = TIMEOUT_S if end is None else end - asyncio.get_running_loop().time()
            scores.extend(await run_scorer(scorer, context, max(0.0, min(TIMEOUT_S, left_s))))
        return tuple(scores)

    def _context(self, task: Task, answer: Answer, trace: Collected) -> ScorerContext:
        response, case = answer.response, task.case
        own, judges = case.inputs.get("context"), self.equipment.judges
        given, other = own if isinstance(own, str) else "", self._baseline(task)
        return ScorerContext(
            output=output_of(response),
            expected=case.expected,
            inputs=case.inputs,
            context=given if answer.context is None else answer.context,
            case_id=case.id,
            latency_ms=response.latency_ms,
            cost_usd=cost_of(response),
            output_tokens=response.usage.output_tokens if response.usage else None,
            messages=list(answer.messages),
            tool_calls=response.tool_calls,
            tags=case.tags,
            metadata=case.metadata,
            repeat=self.plan.first_repeat + task.repeat,
            case=case,
            trace_id=answer.trace_id or trace.trace_id,
            trace=self._trace(answer, trace),
            ask=judges.ask if judges else None,
            embed=self.equipment.embed,
            baseline_output=other.output if other and not other.error else None,
            baseline_error=other.error if other else "",
        )

    def _trace(self, answer: Answer, trace: Collected) -> Trace | None:
        if answer.trace_id:  # it was given earlier: what is recorded now is of its scorers alone
            return answer.trace
        return trace.trace() if _looks_at_traces(self.plan) else None

    def _baseline(self, task: Task) -> Sample | None:
        if self.plan.baseline is None:
            return None
        return self.plan.baseline[task.position * self.plan.repeats + task.repeat]


def _looks_at_traces(plan: EvalPlan) -> bool:
    """Tell whether a scorer needs the trace, or asks for it with a default."""
    return any("trace" in {*s.needs, *getattr(s, "keywords", ())} for s in plan.scorers)


def _spent(trace: Collected) -> Decimal | None:
    totals = trace.totals
    return totals.cost_usd if totals.calls and not totals.unpriced_calls else None


def _why(error: BaseException, deadline: asyncio.Timeout, limit_s: float | None) -> str:
    if isinstance(error, TimeoutError) and deadline.expired():
        return f"the case took longer than {limit_s:g} s"
    return str(error) if isinstance(error, LlmopsError) else describe(error)
