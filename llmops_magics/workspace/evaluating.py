"""Evals: what they need of the prompts, datasets, model client and spans of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmops_magics.workspace.foundation import Foundation
from llmops_magics.workspace.recording import Recording

if TYPE_CHECKING:
    from llmops_magics.evals.attribution.measure import Measurer
    from llmops_magics.evals.calibration.record import Calibration
    from llmops_magics.evals.cause.record import Attribution
    from llmops_magics.evals.history import RunHistory
    from llmops_magics.evals.request import EvalOptions, EvalRequest
    from llmops_magics.evals.review.selection import Scope
    from llmops_magics.evals.review.session import ReviewSession
    from llmops_magics.evals.rightsize import RightSize
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.models.client import ModelClient
    from llmops_magics.prompts.version import PromptVersion
    from llmops_magics.workbench.bench import Bench, Progress
    from llmops_magics.workbench.continuation import Continuation
    from llmops_magics.workbench.datasets import Datasets
    from llmops_magics.workbench.evaluation import Evaluations
    from llmops_magics.workbench.prompts import Prompts


class Evaluating:
    """Each part is made when it is first asked for, and so is what it needs."""

    def __init__(
        self,
        base: Foundation,
        recording: Recording,
        *,
        prompts: Callable[[], Prompts],
        datasets: Callable[[], Datasets],
        client: Callable[[], ModelClient],
        causes: Callable[[], Attribution],
    ) -> None:
        self._base = base
        self._recording = recording
        self._prompts = prompts
        self._datasets = datasets
        self._client = client
        self._causes = causes

    @cached_property
    def bench(self) -> Bench:
        """What prompts and datasets need beside the store."""
        from llmops_magics.workbench.bench import Bench

        return Bench(
            root=self._base.root,
            store=self._base.open_store,
            datasets=lambda: self._datasets().registry,
            client=self._client,
            model_of=self.model_of,
            measurer=self._measurer,
            redacted=lambda: self._base.is_redacted,
        )

    @cached_property
    def runs(self) -> RunHistory:
        """The eval runs."""
        from llmops_magics.evals.history import RunHistory

        return RunHistory(self._base.store)

    @cached_property
    def evaluations(self) -> Evaluations:
        """Runs evals."""
        from llmops_magics.workbench.evaluation import Evaluations

        return Evaluations(
            self.bench,
            self._prompts().registry,
            settings=self._base.settings,
            history=self.runs,
            tracing=self._recording.tracing,
            causes=self._causes(),
        )

    @property
    def continuation(self) -> Continuation:
        """Goes on from stored runs."""
        from llmops_magics.workbench.continuation import Continuation

        return Continuation(self.evaluations)

    def model_of(self, version: PromptVersion, model: str = "") -> str:
        """Return which model answers a prompt: the one asked for, its own, or the default."""
        return model or version.model or self._base.settings.default_model

    def rightsize(self, request: EvalRequest, **wanted: Any) -> RightSize:
        """Compare models; ``wanted`` are the fields of ``workbench.rightsizing.SizeRequest``."""
        from llmops_magics.workbench.rightsizing import SizeRequest, rightsize

        size = SizeRequest(**wanted)
        return rightsize(self.evaluations, self._base.settings, request, size)

    def review(self, run: EvalRun | str, scope: Scope | None) -> ReviewSession:
        """Open the review of a run."""
        from llmops_magics.evals.review.session import open_review

        redacted = self._base.is_redacted
        return open_review(
            self._base.store, run, scope, add=self._datasets().add, redacted=redacted
        )

    def calibrate(self, judge: Any, labels: Any, options: dict[str, Any]) -> Calibration:
        """Hold a judge against human labels."""
        from llmops_magics.workbench.calibration import CalibrationRequest, Calibrations

        calibrations = Calibrations(
            store=self._base.store,
            prompts=self._prompts().registry,
            datasets=self._datasets().registry,
            client=self._client(),
            settings=self._base.settings,
        )
        return calibrations.calibrate(CalibrationRequest(judge=judge, labels=labels, **options))

    def _measurer(self, on_progress: Progress | None) -> Measurer:
        return self.evaluations.measurer(on_progress)


def eval_request(
    target: Any, data: Any, scorers: Sequence[Any], options: EvalOptions
) -> EvalRequest:
    """Return a request with its options."""
    from llmops_magics.evals.request import EvalRequest

    return EvalRequest(target=target, data=data, scorers=scorers, **options)
