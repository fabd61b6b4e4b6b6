"""Measure a version: from a stored run where there is one, else by running an eval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from llmops_magics.datasets.dataset import DatasetVersion
from llmops_magics.datasets.registry import DatasetRegistry
from llmops_magics.evals.plan import EvalPlan
from llmops_magics.evals.run import EvalRun
from llmops_magics.evals.scorer import Scorer
from llmops_magics.evals.stored import find_run, load_run
from llmops_magics.evals.target import PromptTarget
from llmops_magics.prompts.version import PromptVersion
from llmops_magics.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A finished run, and whether it was there before: then no call was made."""

    run: EvalRun
    reused: bool


Measure = Callable[[PromptVersion, DatasetVersion, tuple[Scorer, ...], str], Measured]
"""Measures a version on a dataset with scorers and a model."""


Identify = Callable[[Sequence[Scorer]], Mapping[str, Mapping[str, str]]]
"""Says who judges, by the names of the scorers that need a judge."""


class VersionMeasure(Protocol):
    """Measures versions on one dataset, with the same scorers: what bisect and ablate ask for."""

    def __call__(self, version: PromptVersion) -> Measured:
        """Return the version's run."""

    def is_stored(self, version: PromptVersion) -> bool:
        """Tell whether measuring the version would make no call."""


class Measurer:
    """A ``Measure`` that looks into a store first.

    ``run`` runs a plan to its end. ``identify`` says who judges for scorers that need a judge; it
    is compared with what stored runs noted. ``redacted`` is the runner's own.
    """

    def __init__(
        self,
        run: Callable[[EvalPlan], EvalRun],
        store: Store,
        *,
        repeats: int = 1,
        concurrency: int | Callable[[str], int] = 8,
        identify: Identify = lambda _scorers: {},
        redacted: bool = True,
    ) -> None:
        self._run = run
        self._store = store
        self._repeats = repeats
        self._concurrency = concurrency
        self._identify = identify
        self._redacted = redacted

    def __call__(
        self,
        version: PromptVersion,
        dataset: DatasetVersion,
        scorers: tuple[Scorer, ...],
        model: str,
    ) -> Measured:
        """Return a stored run of the same digests, or run an eval.

        Raises ``DatasetError`` before any call for a case that lacks a variable.
        """
        target = PromptTarget(version=version)
        target.check(dataset.cases, dataset.name)
        found = self._find(version, dataset, scorers, model)
        if found is not None:
            names = [scorer.name for scorer in scorers]
            run = load_run(self._store, found, scorers=names, redacted=self._redacted)
            return Measured(run=run, reused=True)
        DatasetRegistry(self._store).register(dataset)
        concurrency = self._concurrency
        plan = EvalPlan(
            target=target,
            dataset=dataset,
            scorers=scorers,
            model=model,
            repeats=self._repeats,
            concurrency=concurrency(model) if callable(concurrency) else concurrency,
        )
        return Measured(run=self._run(plan), reused=False)

    def bind(
        self,
        dataset: DatasetVersion,
        scorers: tuple[Scorer, ...],
        model_of: Callable[[PromptVersion], str],
    ) -> BoundMeasure:
        """Return a ``VersionMeasure``; ``model_of`` says which model answers a version."""
        return BoundMeasure(self, dataset, scorers, model_of)

    def is_stored(
        self,
        version: PromptVersion,
        dataset: DatasetVersion,
        scorers: tuple[Scorer, ...],
        model: str,
    ) -> bool:
        """Tell whether measuring would make no call."""
        return self._find(version, dataset, scorers, model) is not None

    def _find(
        self,
        version: PromptVersion,
        dataset: DatasetVersion,
        scorers: tuple[Scorer, ...],
        model: str,
    ) -> str | None:
        return find_run(
            self._store,
            prompt_digest=version.digest,
            dataset_digest=dataset.digest,
            model=model,
            scorer_digests={scorer.name: scorer.digest for scorer in scorers},
            repeats=self._repeats,
            judges=self._identify(scorers),
        )


class BoundMeasure:
    """A ``Measurer`` on one dataset with fixed scorers."""

    def __init__(
        self,
        measurer: Measurer,
        dataset: DatasetVersion,
        scorers: tuple[Scorer, ...],
        model_of: Callable[[PromptVersion], str],
    ) -> None:
        self._measurer = measurer
        self._dataset = dataset
        self._scorers = scorers
        self._model_of = model_of

    def __call__(self, version: PromptVersion) -> Measured:
        """Return the version's run."""
        return self._measurer(version, self._dataset, self._scorers, self._model_of(version))

    def is_stored(self, version: PromptVersion) -> bool:
        """Tell whether measuring the version would make no call."""
        return self._measurer.is_stored(
            version, self._dataset, self._scorers, self._model_of(version)
        )
