"""The errors for what is refused: where, what was found, by which policy or which person."""

from __future__ import annotations

from collections.abc import Sequence

from llmops_magics.errors import AnswerBlockedError, BlockedError
from llmops_magics.guard.boundary.crossing import Checked, Outcome
from llmops_magics.guard.boundary.pending import PendingQuestion


def blocked_error(blocked: Sequence[Checked]) -> BlockedError:
    """Return the error that says what is refused, where and by which policy."""
    first = blocked[0]
    kinds = tuple(dict.fromkeys(kind for each in blocked for kind in each.decision.kinds))
    policy = next((name for each in blocked for name in each.decision.policies), "")
    failed = [f"{run.detector}: {run.error}" for run in first.decision.failed]
    why = [*kinds, *(f"the detector could not look ({each})" for each in failed)]
    boundary = first.crossing.boundary
    error = AnswerBlockedError if boundary in ("output", "tool_call") else BlockedError
    return error(
        f"{first.crossing.subject} is refused at the boundary {boundary!r}: {'; '.join(why)}.",
        hint=(f"The policy {policy!r} says so. " if policy else "")
        + "`workspace.guard.decisions()` shows what was decided.",
        boundary=boundary,
        policy=policy,
        kinds=kinds,
    )


def check_answer(outcome: Outcome, answered: PendingQuestion) -> None:
    """Raise ``BlockedError`` unless a person said yes to what is asked."""
    if answered.state == "allow":
        return
    error = blocked_error([each for each in outcome.checked if each.decision.action == "ask"])
    reason = f" {answered.note}" if answered.note else ""
    raise type(error)(
        f"{error.message} The answer to question {answered.id} was {answered.state}, by"
        f" {answered.answered_by}.{reason}",
        boundary=error.boundary,
        policy=error.policy,
        kinds=error.kinds,
    )
