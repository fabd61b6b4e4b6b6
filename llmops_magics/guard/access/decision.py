"""The record of one decision: who may do what to which resource, and which policies decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from llmops_magics.record import Record


@dataclass(frozen=True, kw_only=True)
class AccessDecision(Record):
    """Whether a principal may, and why.

    ``policies`` are the ids of those that decided: the forbids that matched, else the permits;
    none where no policy permits it. ``reasons`` says the same in words. ``errors`` are policies
    that could not be evaluated: then nothing is permitted. ``environment`` is where the effect is.
    ``policy_digest`` is of all policies, and of what ``llmops.toml`` says of access and tools.
    ``identity`` says how the name is known: ``asserted`` is by ``LLMOPS_ACTOR`` or the operating
    system's user alone. ``needs_yes`` tells that a person's yes would permit it. ``roles_that_may``
    are roles with which it would be permitted, looked up where somebody asks why.
    """

    kind: ClassVar[str] = "access-decision"

    principal: str
    groups: tuple[str, ...]
    roles: tuple[str, ...]
    action: str
    resource: str
    environment: str
    allowed: bool
    policies: tuple[str, ...]
    reasons: tuple[str, ...]
    policy_digest: str
    errors: tuple[str, ...] = ()
    identity: str = "asserted"
    needs_yes: bool = False
    roles_that_may: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """``allowed`` or ``denied``."""
        return "allowed" if self.allowed else "denied"

    @property
    def sentence(self) -> str:
        """One line that says it all."""
        may = "may" if self.allowed else "may not"
        why = "; ".join(self.reasons)
        return f"{self.principal or 'nobody'} {may} {self.action} {self.resource}: {why}"
