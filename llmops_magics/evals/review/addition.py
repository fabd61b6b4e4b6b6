"""A reviewed case as the row of a dataset: the case as it was asked, with what it should expect.

The row is made of the dataset's own case, which is not masked as a run's samples are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmops_magics.datasets.case import Case, row_from_case
from llmops_magics.datasets.registry import DatasetRegistry
from llmops_magics.errors import UsageError

if TYPE_CHECKING:
    from llmops_magics.evals.run import EvalRun, Sample
    from llmops_magics.storage.store import Store


def row_to_add(
    store: Store, run: EvalRun, sample: Sample, name: str, *, edited: Any, is_edited: bool
) -> tuple[dict[str, Any], bool]:
    """Return the row, and whether it takes the place of the same question in dataset ``name``.

    Another question under the same id is never replaced: adding it is then refused.
    """
    registry = DatasetRegistry(store)
    asked = registry.get(run.dataset_digest).cases
    case = _find(asked, sample.case_id)
    if case is None:
        raise UsageError(f"{run.dataset} has no case {sample.case_id!r}.")
    if is_edited:
        case = replace(case, expected=edited)
    newest = registry.newest(name)
    there = _find(registry.load(newest).cases, case.id) if newest else None
    return row_from_case(case), there is not None and there.inputs == case.inputs


def _find(cases: Iterable[Case], case_id: str) -> Case | None:
    return next((case for case in cases if case.id == case_id), None)
