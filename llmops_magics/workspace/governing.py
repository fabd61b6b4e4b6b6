"""Keys and the trail, gates and their dossiers, approvals, releases and rollouts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_magics.audit.actor import current_actor
from llmops_magics.workspace.foundation import Foundation
from llmops_magics.workspace.recording import Recording

if TYPE_CHECKING:
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.workbench.access import Access
    from llmops_magics.workbench.approvals import Approvals
    from llmops_magics.workbench.auditing import Auditing
    from llmops_magics.workbench.dossiers import Dossiers
    from llmops_magics.workbench.gates import Gates
    from llmops_magics.workbench.prompts import Prompts
    from llmops_magics.workbench.releases import Releases
    from llmops_magics.workbench.rollouts import Rollouts
    from llmops_magics.workbench.signing import Signing


class Governing:
    """Each part is made when it is first asked for, and so is what it looks at."""

    def __init__(
        self,
        base: Foundation,
        recording: Recording,
        *,
        prompts: Callable[[], Prompts],
        access: Callable[[], Access],
        runs: Callable[[str], EvalRun],
    ) -> None:
        self._base = base
        self._recording = recording
        self._prompts = prompts
        self._access = access
        self._runs = runs

    @cached_property
    def signing(self) -> Signing:
        """The keys: whose they are, and signing with one's own."""
        from llmops_magics.workbench.signing import Signing

        return Signing(
            self._base.root, lambda: self._base.settings, current_actor, self._base.open_store
        )

    @cached_property
    def auditing(self) -> Auditing:
        """The audit trail."""
        from llmops_magics.workbench.auditing import Auditing

        return Auditing(
            self._base.root,
            lambda: self._base.settings,
            self._base.open_store,
            current_actor,
            signing=lambda: self.signing,
            dossiers=lambda: self.dossiers,
            approvals=lambda: self.approvals,
            flush=self._recording.flush,
        )

    @cached_property
    def dossiers(self) -> Dossiers:
        """The sealed gate runs."""
        from llmops_magics.workbench.dossiers import Dossiers

        return Dossiers(
            self._base.root,
            lambda: self._base.settings,
            self._base.open_store,
            signing=lambda: self.signing,
        )

    @cached_property
    def gates(self) -> Gates:
        """The gold notebooks."""
        from llmops_magics.workbench.gates import Gates

        return Gates(
            self._base.root,
            lambda: self._base.settings,
            self._base.open_store,
            current_actor,
            signing=lambda: self.signing,
            dossiers=lambda: self.dossiers,
        )

    @cached_property
    def approvals(self) -> Approvals:
        """What a release needs, and who said yes."""
        from llmops_magics.workbench.approvals import Approvals

        return Approvals(
            lambda: self._base.settings,
            self._base.open_store,
            current_actor,
            prompts=lambda: self._prompts().registry,
            access=self._access,
            signing=lambda: self.signing,
            dossiers=lambda: self.dossiers,
            runs=self._runs,
        )

    @cached_property
    def releases(self) -> Releases:
        """What each environment serves."""
        from llmops_magics.workbench.releases import Releases

        return Releases(
            lambda: self._base.settings,
            self._base.open_store,
            current_actor,
            prompts=lambda: self._prompts().registry,
            access=self._access,
            approvals=lambda: self.approvals,
        )

    @cached_property
    def rollouts(self) -> Rollouts:
        """The rollouts under way."""
        from llmops_magics.workbench.rollouts import Rollouts

        return Rollouts(
            lambda: self._base.settings,
            self._base.open_store,
            current_actor,
            releases=lambda: self.releases,
            prompts=self._prompts,
            flush=self._recording.flush,
        )
