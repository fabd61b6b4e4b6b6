"""What each environment serves, and changing it: ``workspace.releases``.

Every change is one row, its audit event and the move of the environment's label, in one
transaction. A promotion needs what the environment's policy asks for; a rollback is never gated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.config.settings import Settings
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.prompts.serving.pointer import Pointer
    from llmops_magics.release.environment.record import (
        Environments,
        ReleaseHistory,
        ReleaseStatus,
    )
    from llmops_magics.storage.store import Store
    from llmops_magics.workbench.access import Access
    from llmops_magics.workbench.approvals import Approvals

Check = Callable[["Connection"], None]


class Releases:
    """The environments of a workspace.

    For a controller: ``step``, ``complete``, ``abort`` and ``rollback_rollout`` take the rollout,
    the generation that the decision was made on, who decided, and a ``check`` that runs first in
    the transaction of the change and raises ``ReleaseConflictError`` where its lease is lost. All
    raise ``ReleaseConflictError`` where the generation is another by now: nothing was written.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        actor: Callable[[], str],
        *,
        prompts: Callable[[], PromptRegistry],
        access: Callable[[], Access],
        approvals: Callable[[], Approvals],
    ) -> None:
        self._settings = settings
        self._store = store
        self._actor = actor
        self._prompts = prompts
        self._access = access
        self._approvals = approvals

    def pointer(self, name: str) -> Pointer | None:
        """Return what ``prompt@environment`` serves, None while it serves none of it."""
        raise NotImplementedError

    def under_way(self) -> tuple[Pointer, ...]:
        """Return every rollout that is under way, rolling, paused or in the shadow."""
        raise NotImplementedError

    def promote(
        self,
        ref: str,
        to: str,
        *,
        canary: Sequence[float] | None = None,
        hold: str = "",
        guards: Sequence[str] | None = None,
        kill: Sequence[str] | None = None,
        holdback: float | None = None,
        rules: Sequence[str] = (),
        shadow: bool = False,
        scorers: Sequence[str] = (),
        reason: str = "",
        break_glass: bool = False,
    ) -> ReleaseStatus:
        """Serve a version in an environment, in steps where ``canary`` (percent) names some."""
        raise NotImplementedError

    def pause(self, name: str, *, reason: str = "") -> ReleaseStatus:
        """Keep the candidate's share as it is; ``name`` is ``prompt@environment``."""
        raise NotImplementedError

    def resume(self, name: str, *, reason: str = "") -> ReleaseStatus:
        """Go on with a paused rollout: everybody keeps what they had."""
        raise NotImplementedError

    def step(
        self,
        rollout_id: str,
        generation: int,
        share: float,
        *,
        by: str,
        reason: str,
        evidence: Sequence[str] = (),
        check: Check | None = None,
    ) -> Pointer:
        """Give the candidate a greater share (0 to 1)."""
        raise NotImplementedError

    def complete(
        self,
        rollout_id: str,
        generation: int,
        *,
        by: str,
        reason: str,
        evidence: Sequence[str] = (),
        check: Check | None = None,
    ) -> Pointer:
        """Make the candidate what everybody gets, but for the holdback; the label moves."""
        raise NotImplementedError

    def rollback_rollout(
        self,
        rollout_id: str,
        generation: int,
        *,
        by: str,
        reason: str,
        evidence: Sequence[str] = (),
        check: Check | None = None,
    ) -> Pointer:
        """Take the candidate back: everybody gets the stable version."""
        raise NotImplementedError

    def abort(self, name: str, *, reason: str = "") -> ReleaseStatus:
        """End a rollout without its candidate; ``name`` is ``prompt@environment``."""
        raise NotImplementedError

    def rollback(self, name: str, *, to: str = "", reason: str = "") -> ReleaseStatus:
        """Go back: while a rollout is under way to the stable version, else to the one before."""
        raise NotImplementedError

    def status(self, name: str = "") -> ReleaseStatus:
        """Return what ``prompt@environment``, an environment or (no name) everything serves."""
        raise NotImplementedError

    def history(self, name: str, *, limit: int = 50) -> ReleaseHistory:
        """Return the changes of ``prompt@environment``, the newest first."""
        raise NotImplementedError

    def freeze(self, environment: str, *, until: str = "", reason: str = "") -> Environments:
        """Let nothing but rollbacks, aborts and pauses change an environment."""
        raise NotImplementedError

    def unfreeze(self, environment: str, *, reason: str = "") -> Environments:
        """Let releases go on."""
        raise NotImplementedError

    def environments(self) -> Environments:
        """Return the environments with their policies, in the order of promotion."""
        raise NotImplementedError
