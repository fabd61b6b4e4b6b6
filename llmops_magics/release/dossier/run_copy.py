"""The run that a decision was about, read back from its dossier with every sample."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from llmops_magics.errors import ArtifactError, DossierError
from llmops_magics.evals.rows import file_name, read_rows
from llmops_magics.evals.run import EvalRun, RunSummary, Sample, ScoreSummary
from llmops_magics.release.dossier.read import read_part
from llmops_magics.release.dossier.resource import RUN

_PLAIN = {
    "run_id", "prompt", "prompt_digest", "dataset", "dataset_digest", "model", "repeats",
    "started_at", "scorer_digests", "judges", "settings", "rows_artifact", "causes_artifact",
}  # fmt: skip


def run_of(folder: Path) -> EvalRun | None:
    """Return the eval run in a dossier; None where it has none.

    It has no samples where their file is not in the dossier. Raises ``DossierError`` for records
    that were changed or cannot be read.
    """
    content = read_part(folder, RUN)
    if content is None:
        return None
    try:
        body = json.loads(content)
        return EvalRun(
            **{name: body[name] for name in _PLAIN if name in body},
            resolved_models=tuple(body["resolved_models"]),
            summary=_summary(body["summary"]),
            samples=_samples(folder, body.get("rows_artifact", "")),
        )
    except (ValueError, KeyError, TypeError, ArithmeticError, ArtifactError) as error:
        raise DossierError(f"{RUN} of {folder.name} cannot be read: {error}.") from error


def _samples(folder: Path, address: str) -> tuple[Sample, ...]:
    content = read_part(folder, file_name(address)) if address else None
    return () if content is None else tuple(read_rows(content, address))


def _summary(body: Mapping[str, Any]) -> RunSummary:
    known = {each.name for each in fields(RunSummary)}
    return RunSummary(
        **{
            **{name: value for name, value in body.items() if name in known},
            "failed_cases": tuple(body["failed_cases"]),
            "scores": tuple(ScoreSummary(**score) for score in body["scores"]),
            "cost_usd": Decimal(body["cost_usd"]),
            "spent_usd": Decimal(body.get("spent_usd", "0")),
        }
    )
