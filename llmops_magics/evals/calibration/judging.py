"""Have a scorer judge labelled answers: the cases of a dataset as a run would show them to it.

The label stays out of what a judge is shown. A verdict that fails is missing, with its reason; a
judge whose verdicts cannot be held against the labels at all is found out by the first one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmops_magics.datasets.case import Case
from llmops_magics.errors import UsageError
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorer import Scorer, ScorerContext, run_scorer

OUTPUTS = ("output", "answer", "response")
BASELINES = ("baseline_output", "baseline")
CONTEXT = "context"
Progress = Callable[[int, int], None]
Verdicts = dict[tuple[str, int], Score]


@dataclass(frozen=True, kw_only=True)
class JudgingPlan:
    """What to judge: a context a case, each ``repeats`` times, so many at once."""

    scorer: Scorer
    contexts: tuple[ScorerContext, ...]
    repeats: int = 1
    concurrency: int = 8

    @property
    def total(self) -> int:
        """How many verdicts that makes."""
        return len(self.contexts) * self.repeats


def contexts_of(
    cases: Sequence[Case], *, label: str, needs: frozenset[str], **means: Any
) -> tuple[ScorerContext, ...]:
    """Return what the scorer is given for each case; ``means`` are its ``ask`` and ``embed``.

    The answer is the first of ``OUTPUTS`` among a case's inputs, the baseline's the first of
    ``BASELINES``. Raises ``UsageError`` where a case has no answer, or lacks a baseline's that
    the scorer needs.
    """
    return tuple(_context(case, label, needs, means) for case in cases)


async def judge_all(
    plan: JudgingPlan,
    check: Callable[[bool | float | str], object],
    on_progress: Progress = lambda _done, _all: None,
) -> Verdicts:
    """Return the score of each case and repeat, the first of which is asked alone.

    ``check`` raises ``UsageError`` for a value that cannot be held against the labels: nothing
    more is asked then.
    """
    verdicts: Verdicts = {}
    work = _work(plan)

    async def take() -> None:
        for context in work:  # shared: each worker takes the next one
            score = await _judge(plan.scorer, context)
            if score.value is not None:
                check(score.value)
            verdicts[context.case_id, context.repeat] = score
            on_progress(len(verdicts), plan.total)

    first = next(work)
    score = await _judge(plan.scorer, first)
    if score.value is not None:
        check(score.value)
    verdicts[first.case_id, first.repeat] = score
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(plan.concurrency, plan.total)):
                group.create_task(take())
    except* UsageError as errors:  # the first of them says it all
        raise errors.exceptions[0] from None
    return verdicts


async def _judge(scorer: Scorer, context: ScorerContext) -> Score:
    scores = await run_scorer(scorer, context)
    return next((score for score in scores if score.scorer == scorer.name), scores[0])


def _work(plan: JudgingPlan) -> Iterator[ScorerContext]:
    for repeat in range(plan.repeats):
        for context in plan.contexts:
            yield replace(context, repeat=repeat)


def _context(case: Case, label: str, needs: frozenset[str], means: dict[str, Any]) -> ScorerContext:
    inputs = {name: value for name, value in case.inputs.items() if name != label}
    output = _take(inputs, OUTPUTS)
    if output is None:
        raise UsageError(
            f"The case {case.id!r} has no answer to judge.",
            hint=f"Put it into a column {' or '.join(OUTPUTS)}.",
        )
    baseline = _take(inputs, BASELINES) if "baseline" in needs else None
    if "baseline" in needs and baseline is None:
        raise UsageError(
            f"The case {case.id!r} has no answer of a baseline.",
            hint=f"Put it into a column {' or '.join(BASELINES)}.",
        )
    return ScorerContext(
        output=output,
        expected=None if label == "expected" else case.expected,
        inputs=inputs,
        context=_joined(inputs.get(CONTEXT)),
        case_id=case.id,
        tags=case.tags,
        metadata={k: v for k, v in case.metadata.items() if k != label},
        baseline_output=baseline,
        case=case,
        **means,
    )


def _take(inputs: dict[str, Any], names: Sequence[str]) -> str | None:
    """Take the first of these texts out of the inputs."""
    name = next((name for name in names if isinstance(inputs.get(name), str)), None)
    return None if name is None else str(inputs.pop(name))


def _joined(context: Any) -> str:
    if isinstance(context, list):
        return "\n\n".join(str(part) for part in context)
    return context if isinstance(context, str) else ""
