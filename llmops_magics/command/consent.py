"""The plan of an eval on its way to the user: shown before the first request, and asked about.

Where nobody can answer (papermill, CI, a pipe) a question is an error that names ``--yes``, so that
nothing is spent unasked and nothing hangs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from llmops_magics.errors import UsageError
from llmops_magics.record import in_gate

if TYPE_CHECKING:
    from decimal import Decimal

    from llmops_magics.evals.estimate import EvalEstimate

_YES = ("y", "yes")


@dataclass(frozen=True, kw_only=True)
class Console:
    """Where the plan is written and a question asked; ``ask`` None: nobody can answer."""

    stream: TextIO
    ask: Callable[[str], str] | None = None

    def say(self, text: str) -> None:
        """Write a line."""
        print(text, file=self.stream, flush=True)

    def confirm(self, question: str) -> bool:
        """Ask for a yes; raises ``UsageError`` where nobody can answer."""
        if self.ask is None or in_gate():
            raise _nobody(question)
        try:
            return self.ask(f"{question} Go on? [y/N] ").strip().lower() in _YES
        except (EOFError, NotImplementedError, OSError):  # no terminal, or a kernel without one
            raise _nobody(question) from None


def _nobody(question: str) -> UsageError:
    hint = "Give --yes to run it all the same, or --max-cost USD as a limit."
    if in_gate():
        hint = (
            "Give the gate a limit, -p max_cost_usd=USD; "
            "a notebook of your own hands it to %llm_eval as --max-cost."
        )
    return UsageError(f"{question} Nobody is here to be asked, so nothing was run.", hint=hint)


class PlanShown(Exception):  # noqa: N818 -- not an error: only the plan was asked for
    """Carries the plan out of the eval that it was made for."""

    def __init__(self, planned: EvalEstimate) -> None:
        super().__init__()
        self.planned = planned


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What becomes of a plan: ``is_plan_only`` ends there, ``is_given`` asks nothing."""

    console: Console
    above_usd: float
    is_given: bool = False
    is_plan_only: bool = False
    max_cost_usd: Decimal | None = None

    def __call__(self, planned: EvalEstimate) -> None:
        """Show the plan, and ask where it may cost more than it should unasked.

        Raises ``UsageError`` for a no, and ``PlanShown`` where only the plan was wanted.
        """
        from llmops_magics.evals.estimate import reason_to_ask
        from llmops_magics.views.estimate import plan_lines

        if self.is_plan_only:
            raise PlanShown(planned)
        for line in plan_lines(planned):
            self.console.say(line)
        if self.is_given:
            return
        reason = reason_to_ask(planned, above_usd=self.above_usd, max_cost_usd=self.max_cost_usd)
        if reason and not self.console.confirm(reason):
            raise UsageError("Stopped before the first request: nothing was spent.")
