"""Targets under attack: what the guard stops at a boundary is an answer, not a failed call.

An attack that a policy blocks, or a call that nobody may make, was resisted by the whole of which
the model is a part. Any other failure stays one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import AccessDeniedError, BlockedError
from llmops_magics.evals.function_target import FunctionTarget
from llmops_magics.evals.target import Answer, PromptTarget, Target, timed_response
from llmops_magics.guard.redteam.outcome import BLOCKED

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from llmops_magics.datasets.case import Case
    from llmops_magics.evals.target import Call


@dataclass(frozen=True, kw_only=True)
class AttackedPrompt(PromptTarget):
    """A prompt version under attack."""

    async def answer(self, case: Case, call: Call) -> Answer:
        """Answer, or say that it was stopped."""
        return await _or_stopped(super().answer(case, call), call)


@dataclass(frozen=True, kw_only=True)
class AttackedFunction(FunctionTarget):
    """A function under attack."""

    async def answer(self, case: Case, call: Call) -> Answer:
        """Answer, or say that it was stopped."""
        return await _or_stopped(super().answer(case, call), call)


def attacked(target: Target) -> Target:
    """Return the target as one under attack; it keeps its name and digest."""
    if isinstance(target, PromptTarget):
        return AttackedPrompt(**_fields(target))
    if isinstance(target, FunctionTarget):
        return AttackedFunction(**_fields(target))
    return target


async def _or_stopped(answering: Awaitable[Answer], call: Call) -> Answer:
    started = time.perf_counter()
    try:
        return await answering
    except (BlockedError, AccessDeniedError):
        return Answer(response=timed_response(BLOCKED, started, call))


def _fields(target: PromptTarget | FunctionTarget) -> dict[str, Any]:
    return {field.name: getattr(target, field.name) for field in fields(target)}
