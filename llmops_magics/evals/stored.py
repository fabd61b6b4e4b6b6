"""Finished eval runs found again: by the digests of all that decides them, and read back whole.

A run that answers the same question need not be paid for twice. Only complete runs are offered
for that: one with failed calls or missing scores would otherwise stand in the way for ever.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from llmops_magics.datasets.registry import DatasetRegistry
from llmops_magics.errors import ArtifactError, UsageError
from llmops_magics.evals.cause.record import (
    CauseReport,
    masked_report,
    report_from,
    unattributed,
)
from llmops_magics.evals.function_target import PREFIX
from llmops_magics.evals.history import RunHistory
from llmops_magics.evals.run import EvalRun, RunSummary, Sample, ScoreSummary
from llmops_magics.evals.sample import as_it_is, masked
from llmops_magics.evals.stored_samples import HELD_SAMPLES, StoredSamples
from llmops_magics.evals.summary import summarise
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import eval_run

_BESIDE = (
    "resolved_models",
    "rows_artifact",
    "causes_artifact",
)  # stand beside the summary's own fields
_DIGEST_CHARS = len("sha256:") + 12  # of a draft, which has no number


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """A finished run's row: what was run on what, without its samples."""

    run_id: str
    prompt_digest: str
    dataset_digest: str
    model: str
    repeats: int
    scorer_digests: dict[str, str]
    judges: dict[str, dict[str, str]]
    summary: Mapping[str, Any]

    @property
    def is_complete(self) -> bool:
        """Tell whether every call was answered and every score is there."""
        scores = self.summary["scores"]
        return not self.summary["errors"] and not any(score["missing"] for score in scores)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of its scores."""
        return tuple(score["scorer"] for score in self.summary["scores"])


def finished_runs(store: Store, **columns: str) -> list[StoredRun]:
    """Return the finished runs whose columns have these values, the newest first."""
    conditions = [eval_run.c[name] == value for name, value in columns.items()]
    query = select(eval_run).where(eval_run.c.status == "finished", *conditions)
    with store.read() as connection:
        rows = connection.execute(query.order_by(eval_run.c.id.desc())).mappings().all()
    return [_stored(dict(row)) for row in rows]


def find_run(
    store: Store,
    *,
    prompt_digest: str,
    dataset_digest: str,
    model: str,
    scorer_digests: Mapping[str, str],
    repeats: int,
    judges: Mapping[str, Mapping[str, str]] | None = None,
) -> str | None:
    """Return the newest complete run of this content, None if there is none.

    Its scorers are at least those given, by name and digest, and where one of them needs a judge
    it was the same: ``judges`` has the identities, by scorer.
    """
    candidates = finished_runs(
        store, prompt_digest=prompt_digest, dataset_digest=dataset_digest, model=model
    )
    wanted = scorer_digests.items()
    same_judges = {name: dict(identity) for name, identity in (judges or {}).items()}.items()
    return next(
        (
            run.run_id
            for run in candidates
            if run.is_complete
            and run.repeats == repeats
            and wanted <= run.scorer_digests.items()
            and same_judges <= run.judges.items()
        ),
        None,
    )


def load_run(
    store: Store, run_id: str, *, scorers: Collection[str] | None = None, redacted: bool = True
) -> EvalRun:
    """Read a finished run back as the record that the runner returned.

    With ``scorers`` it is as if it had been run with those alone. Samples are masked as the
    runner's are unless ``redacted`` is off: inputs and expected answers come from the dataset, and
    the run may have been written under ``capture = "full"``. Raises ``UsageError`` for a run that
    is not there or not finished.
    """
    history = RunHistory(store)
    row = history.row(run_id)
    if row["status"] != "finished":
        raise UsageError(f"the eval run {run_id!r} is {row['status']}, not finished.")
    stored = _stored(row)
    dataset = DatasetRegistry(store).get(stored.dataset_digest)
    mask = masked if redacted else as_it_is
    samples: Sequence[Sample] = StoredSamples(history, run_id, dataset.cases, stored.repeats, mask)
    run = EvalRun(
        run_id=run_id,
        prompt=_reference(row),
        prompt_digest=stored.prompt_digest,
        dataset=dataset.name,
        dataset_digest=stored.dataset_digest,
        model=stored.model,
        resolved_models=tuple(stored.summary.get("resolved_models", ())),
        repeats=stored.repeats,
        started_at=row["started_at"],
        summary=_summary(stored.summary),
        samples=tuple(samples) if len(samples) <= HELD_SAMPLES else samples,
        scorer_digests=stored.scorer_digests,
        judges=stored.judges,
        settings=row["config"].get("overrides", {}),
        rows_artifact=stored.summary.get("rows_artifact", ""),
        causes=_causes(store, stored, redacted=redacted),
        causes_artifact=stored.summary.get("causes_artifact", ""),
    )
    return run if scorers is None else _limited(run, scorers)


def owner(metric: str, scorers: Iterable[str]) -> str:
    """Return the scorer that a score of this name comes from: its own name, or before a dot.

    The empty text when none of ``scorers`` gives it.
    """
    fitting = (name for name in scorers if metric == name or metric.startswith(f"{name}."))
    return max(fitting, key=len, default="")


def _reference(row: Mapping[str, Any]) -> str:
    if row["prompt_name"].startswith(PREFIX):
        return str(row["prompt_name"])
    return f"{row['prompt_name']}@{row['prompt_number'] or row['prompt_digest'][:_DIGEST_CHARS]}"


def _limited(run: EvalRun, scorers: Collection[str]) -> EvalRun:
    """Leave out the scores of other scorers."""
    if set(scorers) == set(run.scorer_digests):
        return run
    samples = tuple(
        replace(
            sample,
            scores=tuple(
                s for s in sample.scores if owner(s.scorer, run.scorer_digests) in scorers
            ),
        )
        for sample in run.samples
    )
    kept = {name: digest for name, digest in run.scorer_digests.items() if name in scorers}
    summary = summarise(samples, tuple(kept), run.summary.wall_s)
    return replace(
        run,
        samples=samples,
        scorer_digests=kept,
        judges={name: judge for name, judge in run.judges.items() if name in scorers},
        summary=summary,
        causes=run.causes and run.causes.of(frozenset(summary.failed_cases)),
    )


def _causes(store: Store, stored: StoredRun, *, redacted: bool) -> CauseReport | None:
    """Read why cases failed; where that was changed or is gone, the report says so."""
    address = stored.summary.get("causes_artifact", "")
    if not address:
        return None
    try:
        report = report_from(json.loads(store.artifacts.get(address)))
    except ArtifactError as error:
        return unattributed(stored.run_id, "", str(error))
    return masked_report(report) if redacted else report


def _stored(row: Mapping[str, Any]) -> StoredRun:
    return StoredRun(
        run_id=row["id"],
        prompt_digest=row["prompt_digest"],
        dataset_digest=row["dataset_digest"],
        model=row["model"],
        repeats=row["config"].get("repeats", 1),
        scorer_digests=row["config"].get("scorers", {}),
        judges=row["config"].get("judges", {}),
        summary=row["summary"] or {},
    )


def _summary(body: Mapping[str, Any]) -> RunSummary:
    changed = {
        "failed_cases": tuple(body["failed_cases"]),
        "scores": tuple(ScoreSummary(**score) for score in body["scores"]),
        "cost_usd": Decimal(body["cost_usd"]),
        "spent_usd": Decimal(body.get("spent_usd", "0")),
    }
    return RunSummary(
        **{name: value for name, value in body.items() if name not in _BESIDE} | changed
    )
