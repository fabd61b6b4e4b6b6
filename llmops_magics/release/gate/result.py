"""What a gate says: a verdict, the reason for each rule, and what decided it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from llmops_magics.record import Record


class Verdict(StrEnum):
    """Three-valued: what is missing or too uncertain is never a pass."""

    PASS = "PASS"  # noqa: S105 -- a verdict, not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """One rule, what was observed for it (with its 95% interval where there is one), and why.

    Where it is undecided for want of cases, ``more_cases`` is about how many further ones with the
    same result decide it. ``detectable`` is the smallest change for the worse that so many cases
    find in 4 of 5 runs, in the score's unit. ``mode`` is how it was decided, ``gives_up`` what
    another mode than ``interval`` no longer promises.
    """

    rule: str
    verdict: Verdict
    reason: str
    observed: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    method: str = ""
    more_cases: int | None = None
    detectable: float | None = None
    mode: str = "interval"
    gives_up: str = ""


@dataclass(frozen=True, kw_only=True)
class GateDecision(Record):
    """What ``llmops_magics.gate(...)`` decided inside the notebook.

    ``licences`` says of each judge whose licence was asked for, by scorer, which it is, or why
    there is none; empty where none was asked for.
    """

    kind: ClassVar[str] = "gate-decision"

    verdict: Verdict
    rules: tuple[RuleResult, ...]
    run_id: str
    prompt: str
    prompt_digest: str
    dataset: str
    dataset_digest: str
    model: str
    resolved_models: tuple[str, ...]
    failing_cases: tuple[str, ...]
    cost_usd: Decimal
    unpriced_samples: int
    baseline: str = ""
    index_fingerprint: str = ""
    decided_at: str = ""
    mode: str = "interval"
    licences: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GateResult(Record):
    """One execution of a gold notebook, whether it came to a decision or not.

    ``verdict`` is None when the gate could not run; ``problems`` then says why. ``digests`` names
    everything that decided: source and executed notebook, parameters, prompt, dataset, outputs.
    ``mode`` is live, replay (every answer from the record of ``replay_of``) or rejudge (only judges
    were asked again). ``comparable`` is the digest of the decision without its time and run id,
    ``evidence`` what is said of the recorded answers (``release.execution.recording``), and
    ``notes`` what a reader must know though it voids nothing.
    """

    kind: ClassVar[str] = "gate-result"

    gate_id: str
    notebook: str
    verdict: Verdict | None
    exit_code: int  # 0 PASS, 1 FAIL, 3 INCONCLUSIVE, 4 could not run
    problems: tuple[str, ...]
    decision: GateDecision | None
    parameters: dict[str, Any]
    digests: dict[str, str]
    packages: dict[str, str]
    git_commit: str
    started_at: str
    finished_at: str
    duration_s: float
    mode: str = "live"
    environment: str = ""
    replay_of: str = ""  # the gate id of the archive whose answers were used
    comparable: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_signed: bool = False  # a signed manifest lies beside it
    files: dict[str, str] = field(default_factory=dict)  # name in the archive -> digest
    archive: str = field(default="", metadata={"stored": False})  # the folder, on this machine
