"""The account of one prompt in one environment: what is served, on whose word, and what came of it.

Everything in it is read from records; where a record is missing, ``notes`` says so. Numbers named
``seq`` are those of the audit trail.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from llmops_magics.audit.event import AuditEvent
from llmops_magics.prompts.version import PromptDiff
from llmops_magics.record import Record
from llmops_magics.release.approval.record import Approval
from llmops_magics.release.gate.result import RuleResult
from llmops_magics.release.incident import Incident


@dataclass(frozen=True, kw_only=True)
class ServedVersion:
    """A version that the environment serves, and who wrote it."""

    ref: str  # name@number
    digest: str
    model: str
    index: dict[str, str]  # fingerprint by corpus
    author: str
    created_at: str
    message: str
    bundle_digest: str = ""  # empty: a label alone says what is served


@dataclass(frozen=True, kw_only=True)
class ReleaseStep:
    """One change of what is served; ``share`` of the candidate is 0 to 1."""

    generation: int
    action: str
    state: str
    stable: str
    candidate: str
    share: float
    actor: str
    reason: str
    evidence: tuple[str, ...]
    rollout_id: str
    at: str
    seq: int | None = None


@dataclass(frozen=True, kw_only=True)
class RolloutLook:
    """What the controller saw once, and what it made of it."""

    rollout_id: str
    generation: int
    decision: str
    reason: str
    arms: dict[str, Any]
    at: str


@dataclass(frozen=True, kw_only=True)
class GateRun:
    """A gate that ran on exactly what is served.

    ``is_evidence`` says that a release or an approval names its dossier. ``rules`` are empty where
    ``problem`` says why the dossier could not be read.
    """

    gate: str
    gate_id: str
    verdict: str
    mode: str
    dossier: str
    signed_by: str
    key_id: str
    actor: str
    finished_at: str
    is_evidence: bool
    rules: tuple[RuleResult, ...] = ()
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class ServedCalls:
    """What calls of a version are recorded since it was released, those of evals left out.

    ``released`` of them say themselves that they came through a release. ``cost_usd`` is a lower
    bound while ``unpriced_calls`` is not 0. ``errors`` and ``released`` are None where only sums
    are left of the calls (evals are in those, too).
    """

    ref: str
    calls: int
    released: int | None
    errors: int | None
    cost_usd: Decimal
    unpriced_calls: int
    first: str
    last: str


@dataclass(frozen=True, kw_only=True)
class Account(Record):
    """Who approved what ``prompt@environment`` serves at ``at``, and what it did.

    ``state`` is that of its newest release (empty where only a label says what is served). ``diff``
    is against ``before``, the version that was served until then. ``steps`` are the newest first,
    ``total_steps`` counts all; so with ``events``. ``broken_glass`` are the emergencies.
    """

    kind: ClassVar[str] = "account"

    ref: str
    prompt: str
    environment: str
    at: str
    state: str
    version: ServedVersion | None
    candidate: ServedVersion | None
    share: float
    before: str
    diff: PromptDiff | None
    approvals: tuple[Approval, ...]
    gates: tuple[GateRun, ...]
    steps: tuple[ReleaseStep, ...]
    total_steps: int
    looks: tuple[RolloutLook, ...]
    total_looks: int
    served: tuple[ServedCalls, ...]
    incidents: tuple[Incident, ...]
    broken_glass: tuple[AuditEvent, ...]
    events: tuple[AuditEvent, ...]
    total_events: int
    notes: tuple[str, ...] = field(default=())

    @property
    def released(self) -> ReleaseStep | None:
        """The step that brought the stable version here: the oldest of those that name it last."""
        found = None
        for step in self.steps:
            if self.version is None or step.stable != self.version.ref:
                break
            found = step
        return found

    @property
    def rollbacks(self) -> tuple[ReleaseStep, ...]:
        """The steps that took a version back."""
        return tuple(step for step in self.steps if step.action == "rollback")
