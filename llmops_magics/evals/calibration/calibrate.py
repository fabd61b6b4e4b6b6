"""Calibrate a judge: read the labels, have them judged, report, and issue the licence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from llmops_magics.audit.actor import current_actor
from llmops_magics.errors import UsageError
from llmops_magics.evals.calibration.judging import JudgingPlan, contexts_of, judge_all
from llmops_magics.evals.calibration.label import read_labels
from llmops_magics.evals.calibration.licence import issue
from llmops_magics.evals.calibration.record import Calibration, Requirements
from llmops_magics.evals.calibration.report import findings
from llmops_magics.record import format_time, utc_now

if TYPE_CHECKING:
    from llmops_magics.datasets.dataset import DatasetVersion
    from llmops_magics.evals.judge import Judges
    from llmops_magics.evals.scorer import Embed, Scorer
    from llmops_magics.storage.store import Store

PREFERENCE_NEED = "baseline"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class CalibrationPlan:
    """What to calibrate on what: ``dataset`` is a registered version with human labels.

    ``label``, ``positive`` and ``threshold`` are those of ``label.read_labels``.
    """

    scorer: Scorer
    dataset: DatasetVersion
    label: str = ""
    positive: str = ""
    threshold: float | None = None
    repeats: int = 1
    concurrency: int = 8
    requirements: Requirements = field(default_factory=Requirements)


async def calibrate(
    plan: CalibrationPlan,
    store: Store,
    judges: Judges,
    *,
    embed: Embed | None = None,
    actor: Callable[[], str] = current_actor,
    on_progress: Progress = lambda _done, _all: None,
) -> Calibration:
    """Judge every labelled case, and return the report that was stored as the licence.

    Raises before the first call: ``UsageError`` for labels or cases that cannot be used.
    """
    if plan.repeats < 1:
        raise UsageError("repeats must be 1 or more.")
    labels = read_labels(
        plan.dataset.cases,
        column=plan.label,
        positive=plan.positive,
        threshold=plan.threshold,
        is_preference=PREFERENCE_NEED in plan.scorer.needs,
    )
    cases = [case for case in plan.dataset.cases if case.id in labels.by_case]
    means: dict[str, Any] = {"ask": judges.ask, "embed": embed}
    contexts = contexts_of(cases, label=labels.column, needs=plan.scorer.needs, **means)
    judging = JudgingPlan(
        scorer=plan.scorer,
        contexts=contexts,
        repeats=plan.repeats,
        concurrency=plan.concurrency,
    )
    identity = judges.identity(plan.scorer)
    verdicts = await judge_all(judging, labels.class_of, on_progress)
    found = findings(judging, labels, verdicts, plan.requirements)
    calibration = Calibration(
        judge=plan.scorer.name,
        identity=identity,
        resolved_models=judges.resolved_models(plan.scorer),
        dataset=plan.dataset.ref,
        dataset_digest=plan.dataset.digest,
        label=labels.column,
        issued_at=format_time(utc_now()),
        actor=actor(),
        **found,
    )
    return replace(calibration, licence=issue(store, calibration))
