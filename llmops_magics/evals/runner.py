"""Run a plan: answer every case, score, store, and never lose a run to one call.

A call that fails is a sample with its error. What must stop the whole run (a spending cap, an
answer that a replay does not find, the run's own time) keeps what is done and says how to go on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from llmops_magics.errors import LlmopsError
from llmops_magics.evals.calibration.identity import Identity
from llmops_magics.evals.cause.record import CauseReport
from llmops_magics.evals.execution import Execution
from llmops_magics.evals.history import RunHistory
from llmops_magics.evals.plan import EvalPlan
from llmops_magics.evals.run import EvalRun, Sample
from llmops_magics.evals.sample import as_it_is, masked
from llmops_magics.evals.sampling import Equipment, Sampling
from llmops_magics.evals.scorer import Scorer
from llmops_magics.evals.stopped import EvalStoppedError
from llmops_magics.evals.stored_samples import HELD_SAMPLES, StoredSamples
from llmops_magics.evals.summary import resolved_models, summarise
from llmops_magics.models.cache import caching
from llmops_magics.record import format_time, utc_now

Progress = Callable[[int, int], None]


def nobody(_done: int, _all: int) -> None:
    """Watch nothing."""


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A run that has a row: ``done`` are the samples (case, repeat) that are stored already."""

    run_id: str
    started_at: str
    done: AbstractSet[tuple[str, int]] = frozenset()


class EvalRunner:
    """Runs plans with what a workspace lends."""

    def __init__(self, equipment: Equipment, history: RunHistory) -> None:
        self._equipment = equipment
        self._history = history

    async def run(
        self,
        plan: EvalPlan,
        on_progress: Progress = nobody,
        on_start: Callable[[str], None] | None = None,
    ) -> EvalRun:
        """Run a plan to its end and return its record.

        Raises before the first call for a case that the target cannot answer (``DatasetError``) or
        a model that no endpoint serves (``ModelError``), and ``EvalStoppedError`` where a limit was
        reached. ``on_progress`` gets (done, all), ``on_start`` the run's id.
        """
        plan.check()
        if plan.model:
            await self._equipment.client.check(plan.model)
        if self._equipment.judges:
            await asyncio.to_thread(self._equipment.judges.prepare, plan.scorers)
        return await self.go_on(plan, self.begin(plan), on_progress, on_start)

    def begin(self, plan: EvalPlan) -> Begun:
        """Write the row of a new run."""
        started_at = format_time(utc_now())
        run_id = self._history.start(
            plan.target,
            dataset_digest=plan.dataset.digest,
            model=plan.model,
            config=self._configuration(plan),
            started_at=started_at,
        )
        return Begun(run_id=run_id, started_at=started_at)

    async def go_on(
        self,
        plan: EvalPlan,
        begun: Begun,
        on_progress: Progress = nobody,
        on_start: Callable[[str], None] | None = None,
    ) -> EvalRun:
        """Finish a run that has begun."""
        run_id, clock = begun.run_id, time.perf_counter()
        if on_start:
            on_start(run_id)
        sampling = Sampling(plan=plan, run_id=run_id, equipment=self._equipment)
        work = Execution(
            plan,
            begun.done,
            answer=sampling.sample,
            store=lambda samples: self._history.add(run_id, samples),
            on_progress=on_progress,
            is_held=plan.sample_count <= HELD_SAMPLES and not begun.done,
        )
        name = f"eval {plan.target.ref}"
        try:
            with caching(plan.cache), self._equipment.tracing.span(name, sampling.attributes):
                held = await work.finish()
            wall_s = time.perf_counter() - clock
            samples = held or self._stored(plan, run_id)
            causes = await self._causes(plan, run_id, samples)
        except (LlmopsError, TimeoutError) as error:
            self._history.finish(run_id, None, status="interrupted")
            raise _stopped(error, plan, run_id, work.done_count) from error
        except BaseException:  # an interrupt, or what no call should raise: keep what is done
            self._history.finish(run_id, None, status="interrupted")
            raise
        return self._finished(plan, begun, samples, wall_s, causes)

    def identities(self, scorers: Sequence[Scorer]) -> dict[str, Identity]:
        """Return who judges, by the names of the scorers that need a judge."""
        judges = self._equipment.judges
        return judges.identities(scorers) if judges else {}

    def _configuration(self, plan: EvalPlan) -> dict[str, Any]:
        """Return what is stored of a plan beside its digests: enough to go on with it."""
        return {
            "repeats": plan.repeats,
            "first_repeat": plan.first_repeat,
            "concurrency": plan.concurrency,
            "scorers": {s.name: s.digest for s in plan.scorers},
            "settings": dict(plan.target.settings),
            "cache": plan.cache,
            "judges": self.identities(plan.scorers),
            **plan.notes,
        }

    def _stored(self, plan: EvalPlan, run_id: str) -> Sequence[Sample]:
        mask = masked if self._equipment.redacted else as_it_is
        cases = plan.dataset.cases
        samples = StoredSamples(self._history, run_id, cases, plan.repeats, mask)
        return tuple(samples) if len(samples) <= HELD_SAMPLES else samples

    async def _causes(
        self, plan: EvalPlan, run_id: str, samples: Sequence[Sample]
    ) -> CauseReport | None:
        """Ask why cases failed; that searches an index, which must not block the loop."""
        attribution = self._equipment.causes
        if attribution is None:
            return None
        facts = (run_id, plan.target.ref, samples, plan.dataset.cases)
        return await asyncio.to_thread(attribution, *facts)

    def _finished(
        self,
        plan: EvalPlan,
        begun: Begun,
        samples: Sequence[Sample],
        wall_s: float,
        causes: CauseReport | None,
    ) -> EvalRun:
        summary = summarise(samples, [s.name for s in plan.scorers], wall_s)
        models = resolved_models(samples)
        rows = self._history.keep_rows(samples)
        address = self._history.keep_causes(causes)
        self._history.finish(
            begun.run_id,
            summary,
            resolved_models=models,
            rows_artifact=rows,
            causes_artifact=address,
        )
        return EvalRun(
            run_id=begun.run_id,
            prompt=plan.target.ref,
            prompt_digest=plan.target.digest,
            dataset=plan.dataset.name,
            dataset_digest=plan.dataset.digest,
            model=plan.model,
            resolved_models=models,
            repeats=plan.repeats,
            started_at=begun.started_at,
            summary=summary,
            samples=samples,
            scorer_digests={s.name: s.digest for s in plan.scorers},
            judges=self.identities(plan.scorers),
            settings=dict(plan.notes.get("overrides", {})),
            rows_artifact=rows,
            causes=causes,
            causes_artifact=address,
        )


def _stopped(error: Exception, plan: EvalPlan, run_id: str, done: int) -> EvalStoppedError:
    if isinstance(error, LlmopsError):
        why, hint = error.message, error.hint
    else:
        why, hint = f"The run took longer than {plan.run_timeout_s:g} s.", ""
    return EvalStoppedError(run_id, done, plan.sample_count, why, hint=hint)
