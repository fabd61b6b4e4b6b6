"""What is told of rollouts: one look, a watch, a report, and how shadow answers compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from llmops_magics.record import Record
from llmops_magics.release.rollout.controller import GuardTest


@dataclass(frozen=True, kw_only=True)
class ArmTotals:
    """What one arm did in one step."""

    step: int
    arm: str
    requests: int
    spend_usd: float


@dataclass(frozen=True, kw_only=True)
class RolloutLook(Record):
    """One look at a rollout: ``decision`` is advance, complete, hold, rollback or kill.

    ``outcome`` says what came of it: done, "seen only" where nothing was to be changed, or why
    it was not done. ``share`` (0 to 1) is that at the look.
    """

    kind: ClassVar[str] = "rollout-look"

    rollout_id: str
    environment: str
    prompt: str
    generation: int
    step: int
    steps: int
    share: float
    decision: str
    reason: str
    arms: tuple[ArmTotals, ...]
    tests: tuple[GuardTest, ...]
    at: str
    outcome: str = ""

    @property
    def ref(self) -> str:
        """The place: ``name@environment``."""
        return f"{self.prompt}@{self.environment}"


@dataclass(frozen=True, kw_only=True)
class RolloutWatch(Record):
    """What a watch did: its last look at each rollout, and how many there were.

    ``holder`` is who watches, where that is somebody else; nothing was done then. ``problems`` are
    what went wrong at looks, the newest last.
    """

    kind: ClassVar[str] = "rollout-watch"

    looks: tuple[RolloutLook, ...]
    rounds: int
    changes: int
    holder: str = ""
    problems: tuple[str, ...] = ()
    was_interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """1 where a rollout went back, 2 where looks failed, else 0."""
        if any(look.decision in ("rollback", "kill") for look in self.looks):
            return 1
        return 2 if self.problems else 0


@dataclass(frozen=True, kw_only=True)
class ShadowReport(Record):
    """How the candidate's unseen answers compare with those that were given.

    ``equal`` is how many of ``pairs`` are the same text; means are over the pairs where both
    answered. ``scores`` has (name, stable mean, candidate mean, pairs). ``skipped`` counts
    requests that were not shadowed, by reason, in this process.
    """

    kind: ClassVar[str] = "shadow-report"

    environment: str
    prompt: str
    rollout_id: str
    stable: str
    candidate: str
    pairs: int
    failures: int
    equal: int
    similarity: float | None
    stable_characters: float | None
    candidate_characters: float | None
    stable_latency_ms: float | None
    candidate_latency_ms: float | None
    stable_cost_usd: float | None
    candidate_cost_usd: float | None
    scores: tuple[tuple[str, float, float, int], ...] = ()
    errors: tuple[tuple[str, int], ...] = ()
    least_similar: tuple[dict[str, Any], ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class RolloutReport(Record):
    """A rollout: its plan and state, what a look would say now, and the looks that were made."""

    kind: ClassVar[str] = "rollout-report"

    environment: str
    prompt: str
    rollout_id: str
    state: str
    step: int
    share: float
    stable: str
    candidate: str
    plan: dict[str, Any]
    now: RolloutLook | None
    looks: tuple[RolloutLook, ...]
    total_looks: int
    watcher: str = ""
    shadow: ShadowReport | None = None
