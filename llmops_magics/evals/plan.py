"""What an eval is to do: a target on cases, with scorers, within limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmops_magics.datasets.dataset import DatasetVersion
from llmops_magics.evals.run import Sample
from llmops_magics.evals.scorer import Scorer
from llmops_magics.evals.target import Target
from llmops_magics.models.cache import CacheMode


@dataclass(frozen=True, kw_only=True)
class EvalPlan:
    """One target on one dataset; times in seconds.

    ``first_repeat`` is the number of the first answer to a case: the second run of an A/A pair
    counts on from the first's, so that stored answers of one are never taken for the other's.
    ``baseline`` are the samples of another run of these cases, in their order, with as many
    repeats: what a pairwise judge compares with. ``notes`` go into the stored configuration.
    """

    target: Target
    dataset: DatasetVersion
    scorers: tuple[Scorer, ...]
    model: str = ""
    repeats: int = 1
    concurrency: int = 8
    first_repeat: int = 0
    cache: CacheMode = "use"
    case_timeout_s: float | None = None
    run_timeout_s: float | None = None
    baseline: Sequence[Sample] | None = field(default=None, repr=False)
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sample_count(self) -> int:
        """How many answers it takes."""
        return len(self.dataset.cases) * self.repeats

    def check(self) -> None:
        """Refuse a dataset with a case that the target cannot answer."""
        self.target.check(self.dataset.cases, self.dataset.name)
