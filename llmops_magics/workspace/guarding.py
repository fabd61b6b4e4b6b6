"""Who may do what, what is checked at the boundaries, scans, and the red team."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_magics.audit.actor import current_actor
from llmops_magics.workspace.evaluating import Evaluating
from llmops_magics.workspace.foundation import Foundation
from llmops_magics.workspace.recording import Recording

if TYPE_CHECKING:
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.workbench.access import Access
    from llmops_magics.workbench.corpora import Corpora
    from llmops_magics.workbench.datasets import Datasets
    from llmops_magics.workbench.guarding import Guarding
    from llmops_magics.workbench.prompts import Prompts
    from llmops_magics.workbench.redteam import RedTeam
    from llmops_magics.workbench.scanning import Scans


class Safeguarding:
    """Each part is made when it is first asked for, and so is what it looks at."""

    def __init__(
        self,
        base: Foundation,
        recording: Recording,
        *,
        prompts: Callable[[], Prompts],
        datasets: Callable[[], Datasets],
        corpora: Callable[[], Corpora],
    ) -> None:
        self._base = base
        self._recording = recording
        self._prompts = prompts
        self._datasets = datasets
        self._corpora = corpora

    @cached_property
    def access(self) -> Access:
        """Who may do what, and which policies decide."""
        from llmops_magics.workbench.access import Access
        from llmops_magics.workbench.access_subject import Subjects

        subjects = Subjects(lambda: self._prompts().registry, lambda: self._corpora().registry)
        base = self._base
        return Access(
            base.root, lambda: base.settings, base.open_store, current_actor, lambda: subjects
        )

    @cached_property
    def boundaries(self) -> Guarding:
        """What is checked at the boundaries, and what waits for a person."""
        from llmops_magics.workbench.guarding import Guarding

        return Guarding(
            lambda: self._base.settings,
            self._base.open_store,
            current_actor,
            tracing=lambda: self._recording.tracing,
            operations=self._recording.operations,
            access=lambda: self.access,
        )

    def scanning(self, evaluating: Evaluating) -> Scans:
        """Return what looks for attacks, leaks and secrets; ``evaluating`` has the runs."""
        from llmops_magics.workbench.scanning import Scans, Sources

        sources = Sources(
            root=self._base.root,
            store=lambda: self._base.store,
            datasets=self._datasets,
            corpora=self._corpora,
            prompts=self._prompts,
            run=_reader(evaluating),
        )
        return Scans(sources, lambda: self._base.settings)

    def attacking(self, evaluating: Evaluating) -> RedTeam:
        """Return what attacks prompts and functions; ``evaluating`` runs and reviews that."""
        from llmops_magics.workbench.redteam import RedTeam

        return RedTeam(
            lambda: evaluating.evaluations,
            _reader(evaluating),
            lambda run: evaluating.review(run, None),
            lambda: self.access,
        )


def _reader(evaluating: Evaluating) -> Callable[[str], EvalRun]:
    """Return what reads a run; nothing of evals is made before that."""
    return lambda run_id: evaluating.continuation.read(run_id)  # noqa: PLW0108 -- not made yet
