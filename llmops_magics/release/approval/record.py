"""What an environment asks of a release, what is there of it, and who said yes or no."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from llmops_magics.prompts.version import PromptDiff
from llmops_magics.record import Record
from llmops_magics.release.approval.bundle import ReleaseBundle
from llmops_magics.release.gate.result import RuleResult

APPROVE, REJECT, WITHDRAW, REVIEW = "approve", "reject", "withdraw", "review"
BREAK_GLASS = "break-glass"
DECISIONS = (APPROVE, REJECT)


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One thing that the environment's policy asks for.

    ``evidence`` are the digests of dossiers and the ids of approvals that meet it, or that were
    looked at and do not.
    """

    name: str  # "gate release_gate", "approvals", "after staging", ...
    met: bool
    said: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GateEvidence:
    """The run of a gate that counts for a bundle: its newest live one that came to a verdict."""

    gate: str
    gate_id: str
    dossier: str  # digest
    verdict: str
    mode: str
    run_id: str
    finished_at: str
    signed_by: str
    key_id: str
    is_known: bool
    folder: str = ""
    rules: tuple[RuleResult, ...] = ()
    failing_cases: tuple[str, ...] = ()
    cost_usd: Decimal | None = None
    licences: dict[str, str] = field(default_factory=dict)
    dataset: str = ""
    baseline: str = ""
    notes: tuple[str, ...] = ()  # what a reader of the run must know
    runs: int = 1  # live ones of this gate on the bundle that came to a verdict
    passed: int = 0  # ... of them


@dataclass(frozen=True, kw_only=True)
class Approval(Record):
    """A signed yes, no, withdrawal, review or broken glass, as its envelope says it.

    ``approver`` is the owner of the signing key by the register, ``state`` what it counts for now:
    valid, lapsed, withdrawn, replaced, expired or refused; of broken glass "needs review" or
    "reviewed"; of what is neither "done". ``why`` says it in words. ``about`` is the id of what is
    withdrawn or reviewed.
    """

    kind: ClassVar[str] = "approval"

    id: str
    environment: str
    prompt: str
    number: int
    bundle_digest: str
    dossiers: tuple[str, ...]
    decision: str
    approver: str
    key_id: str
    reason: str
    about: str
    shown_digest: str
    at: str
    expires_at: str
    state: str = "valid"
    why: str = ""
    missing: tuple[str, ...] = ()  # of broken glass: what was not there

    @property
    def is_valid(self) -> bool:
        """Whether it counts."""
        return self.state == "valid"

    @property
    def resource(self) -> str:
        """What the audit trail calls it: ``prompt@environment``."""
        return f"{self.prompt}@{self.environment}"


@dataclass(frozen=True, kw_only=True)
class ApprovalRequest(Record):
    """Somebody wants a bundle released, and asks for the approvals that it needs."""

    kind: ClassVar[str] = "approval-request"

    id: str
    environment: str
    prompt: str
    number: int
    bundle_digest: str
    actor: str
    reason: str
    at: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One request or one broken glass that waits for somebody."""

    id: str
    what: str  # "approval" or "review after"
    prompt: str
    number: int
    environment: str
    tier: str
    asked_by: str
    reason: str
    since: str
    waiting_s: float
    have: int
    need: int
    role: str
    approvers: tuple[str, ...]  # who said yes
    may: tuple[str, ...]  # who has a key and may still say it
    not_by: tuple[str, ...]  # who may not: authors, or who broke the glass
    missing: tuple[str, ...] = ()  # what else there is to do


@dataclass(frozen=True, kw_only=True)
class ApprovalList(Record):
    """What waits for approval or review, for whom and how long; the longest first."""

    kind: ClassVar[str] = "approval-list"

    waiting: tuple[Waiting, ...]
    at: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What the evidence was read of; another mark later means that something changed."""

    gate_runs: int
    approvals: int
    after: int
    index: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Readiness(Record):
    """Whether a bundle may go to an environment now, and what is missing.

    ``diff`` is what changes of the prompt against what the environment serves. ``lapses_at`` is
    when the first thing that it rests on is too old ("" where nothing is). ``broken_glass`` is the
    signed emergency that stands in for what is missing; ``ready`` stays false with it.
    """

    kind: ClassVar[str] = "readiness"

    ref: str
    bundle: ReleaseBundle
    bundle_digest: str
    environment: str
    tier: str
    ready: bool
    requirements: tuple[Requirement, ...]
    dossiers: tuple[GateEvidence, ...]
    approvals: tuple[Approval, ...]
    warnings: tuple[str, ...]
    author: str
    approvers: int  # how many have to say yes
    role: str  # ... and in which role
    served: str  # the reference of what the environment serves, "" for nothing
    diff: PromptDiff | None
    decided_at: str
    lapses_at: str
    mark: Mark
    broken_glass: Approval | None = None
    glass_envelope: str = field(default="", repr=False, metadata={"stored": False})

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, a line each."""
        return tuple(f"{r.name}: {r.said}" for r in self.requirements if not r.met)

    @property
    def evidence(self) -> tuple[str, ...]:
        """Digests of the dossiers and ids of the valid approvals: for an audit event."""
        approvals = tuple(each.id for each in self.approvals if each.is_valid)
        glass = (self.broken_glass.id,) if self.broken_glass else ()
        return (*(each.dossier for each in self.dossiers), *approvals, *glass)
