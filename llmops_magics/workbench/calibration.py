"""Calibrate the judges of a workspace: what is asked for becomes a plan, and a stored licence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmops_magics.evals.calibration.calibrate import CalibrationPlan, calibrate
from llmops_magics.evals.calibration.record import Calibration, Requirements
from llmops_magics.evals.judge import Judges
from llmops_magics.evals.scorer import Scorer, resolve
from llmops_magics.models.cache import caching
from llmops_magics.models.loop import LOOP
from llmops_magics.workbench.bench import Progress

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.datasets.registry import DatasetRegistry
    from llmops_magics.models.client import ModelClient
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.storage.store import Store

LOCAL_CONCURRENCY = 1  # the embedded server answers one call at a time


@dataclass(frozen=True, kw_only=True)
class CalibrationRequest:
    """What is asked for: ``judge`` is a scorer's name or function, ``labels`` any data.

    ``model`` judges instead of the workspace's judge model; ``label``, ``positive`` and
    ``threshold`` are those of ``evals.calibration.label.read_labels``.
    """

    judge: Any
    labels: Any
    label: str = ""
    positive: str = ""
    threshold: float | None = None
    repeats: int = 1
    model: str = ""
    concurrency: int = 0
    requirements: Requirements = field(default_factory=Requirements)
    namespace: Mapping[str, Any] = field(default_factory=dict)
    on_progress: Progress | None = None


@dataclass(frozen=True, kw_only=True)
class Calibrations:
    """The calibrations of one workspace."""

    store: Store
    prompts: PromptRegistry
    datasets: DatasetRegistry
    client: ModelClient
    settings: Settings

    def calibrate(self, request: CalibrationRequest) -> Calibration:
        """Hold a judge against human labels; the report is stored as its licence."""
        (scorer,) = resolve([request.judge], request.namespace)
        judges = Judges(self.prompts, self.client, request.model or self.settings.judge_model)
        plan = CalibrationPlan(
            scorer=scorer,
            dataset=self.datasets.resolve(request.labels),
            label=request.label,
            positive=request.positive,
            threshold=request.threshold,
            repeats=request.repeats,
            concurrency=request.concurrency or self._usual_concurrency(judges, scorer),
            requirements=request.requirements,
        )
        seen = [0, len(plan.dataset.cases) * plan.repeats]

        def note(done: int, total: int) -> None:
            seen[:] = done, total

        def tick() -> None:
            if request.on_progress:
                request.on_progress(f"calibrate {scorer.name}", *seen)

        with caching("use"):  # an equal question has an equal answer; repeats are other questions
            work = calibrate(plan, self.store, judges, embed=_embed, on_progress=note)
            found = LOOP.run(work, tick=tick if request.on_progress else None)
        tick()
        return found

    def _usual_concurrency(self, judges: Judges, scorer: Scorer) -> int:
        is_local = judges.identity(scorer)["model"].startswith("local/")
        return LOCAL_CONCURRENCY if is_local else self.settings.models.concurrency


def _embed(texts: Sequence[str]) -> Any:
    from llmops_magics.models.local.embedding import get_embedder

    return get_embedder().embed(texts)
