"""What a release needs, and who said yes: ``workspace.approvals``.

An approval is a signature of a registered key under exactly this bundle and exactly these dossiers
for exactly this environment. It is verified from what was signed, never from the row that holds
it, each time that it is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.config.settings import Settings
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.release.approval.bundle import ReleaseBundle
    from llmops_magics.release.approval.record import (
        Approval,
        ApprovalList,
        ApprovalRequest,
        Readiness,
    )
    from llmops_magics.storage.store import Store
    from llmops_magics.workbench.access import Access
    from llmops_magics.workbench.dossiers import Dossiers
    from llmops_magics.workbench.signing import Signing


class Approvals:
    """Requests, approvals and broken glass of one workspace."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        actor: Callable[[], str],
        *,
        prompts: Callable[[], PromptRegistry],
        access: Callable[[], Access],
        signing: Callable[[], Signing],
        dossiers: Callable[[], Dossiers],
        runs: Callable[[str], EvalRun],
    ) -> None:
        self._settings = settings
        self._store = store
        self._actor = actor
        self._prompts = prompts
        self._access = access
        self._signing = signing
        self._dossiers = dossiers
        self._runs = runs

    def bundle(self, ref: str) -> ReleaseBundle:
        """Return what would be released of a reference: version, model, settings, indexes."""
        raise NotImplementedError

    def readiness(self, ref: str, environment: str) -> Readiness:
        """Return what an environment asks of a release, and what of it is there."""
        raise NotImplementedError

    def require(self, ref: str, environment: str, *, break_glass: str = "") -> Readiness:
        """Return the readiness of what is ready; raises ``EvidenceError`` with all that is missing.

        ``break_glass`` is the reason of an emergency: what is missing is then signed for with the
        key of who acts, who needs the access ``release``; call ``check_still`` to write it.
        """
        raise NotImplementedError

    def check_still(self, connection: Connection, readiness: Readiness) -> None:
        """Check, in the transaction of a release, that what it rests on is as it was.

        Writes the broken glass and its event ``release.break_glass`` where there is one. Raises
        ``EvidenceError`` where something came, went or lapsed meanwhile.
        """
        raise NotImplementedError

    def request(self, ref: str, environment: str, reason: str) -> ApprovalRequest:
        """Ask for the approvals that a release needs."""
        raise NotImplementedError

    def approve(
        self, ref: str, environment: str, reason: str, *, decision: str = "approve", shown: str = ""
    ) -> Approval:
        """Sign a yes, or with ``decision="reject"`` a no, to what is there now.

        ``shown`` is the bundle and dossiers' digest (``shown_digest(readiness)``) of what the
        approver was shown: where that is something else by now, ``ApprovalError``.
        """
        raise NotImplementedError

    def withdraw(self, approval_id: str, reason: str) -> Approval:
        """Take one's own approval back."""
        raise NotImplementedError

    def review(self, glass_id: str, reason: str) -> Approval:
        """Say what one makes of broken glass afterwards; never who broke it."""
        raise NotImplementedError

    def waiting(self) -> ApprovalList:
        """Return what waits for approval or review, for whom, and how long."""
        raise NotImplementedError

    def of(self, bundle_digest: str, environment: str) -> tuple[Approval, ...]:
        """Return every approval of a bundle for an environment, as it counts now."""
        raise NotImplementedError
