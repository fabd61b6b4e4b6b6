"""``%llm_approve`` and ``%llm_approvals``, ``llmops approve`` and ``llmops approvals``.

What there is to see is shown before anybody is asked: who signs has seen the evidence.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmops_magics.command.operation import Context, Operation, argument

if TYPE_CHECKING:
    from llmops_magics.record import Record
    from llmops_magics.release.approval.record import Readiness

READY, NOT_READY = 0, 1
SUMMARY = "Show the evidence for a release, and sign a yes or a no to exactly that."
EXAMPLES = (
    'support/answer@7 production --reason "The refund cases are right now."',
    'support/answer@7 production --reject --reason "Case c12 promises money."',
    "support/answer@7 production",
)
_REF = argument("ref", metavar="REF", complete="ref", help="which version, such as name@7")
_ENVIRONMENT = argument(
    "environment",
    metavar="ENVIRONMENT",
    nargs="?",
    default="production",
    complete="environment",
    help="where it shall go (default: production)",
)
_REASON = argument("--reason", "-m", default="", metavar="WHY", help="why; kept and signed")
_ID = argument("id", metavar="ID", help="apr-…, as %%llm_approvals lists it")
ARGUMENTS = (
    _REF,
    _ENVIRONMENT,
    _REASON,
    argument("--reject", action="store_true", help="sign a no"),
)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where the evidence is shown and a reason asked for; ``ask`` None: nobody can answer."""

    show: Callable[[Record], None]
    ask: Callable[[str], str] | None = None

    def reason(self, decision: str) -> str:
        """Ask for a reason; raises ``ApprovalError`` where nobody gives one."""
        from llmops_magics.errors import ApprovalError
        from llmops_magics.record import in_gate

        written = ""
        if self.ask is not None and not in_gate():
            try:
                written = self.ask(f"Your reason to {decision} (empty: leave it): ").strip()
            except (EOFError, NotImplementedError, OSError):  # nobody can type here
                written = ""
        if not written:
            raise ApprovalError("Nothing was signed.", hint="It takes a reason: --reason WHY.")
        return written


def approve(context: Context, args: Namespace, desk: Desk) -> Any:
    """Show the evidence, ask for a reason where none is given, and sign."""
    from llmops_magics.release.approval.readiness import shown_digest
    from llmops_magics.release.approval.record import APPROVE, REJECT

    approvals = context.workspace.approvals
    found = approvals.readiness(args.ref, args.environment)
    desk.show(found)
    decision = REJECT if args.reject else APPROVE
    reason = args.reason.strip() or desk.reason(decision)
    return approvals.approve(
        args.ref, args.environment, reason, decision=decision, shown=shown_digest(found)
    )


def _list(context: Context, _: Namespace) -> Any:
    return context.workspace.approvals.waiting()


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.approvals.readiness(args.ref, args.environment)


def _request(context: Context, args: Namespace) -> Any:
    return context.workspace.approvals.request(args.ref, args.environment, args.reason)


def _withdraw(context: Context, args: Namespace) -> Any:
    return context.workspace.approvals.withdraw(args.id, args.reason)


def _review(context: Context, args: Namespace) -> Any:
    return context.workspace.approvals.review(args.id, args.reason)


def _is_ready(found: Readiness) -> int:
    return READY if found.ready else NOT_READY


LIST = Operation(
    name="list",
    summary="List what waits for an approval or a review, for whom, and how long.",
    example="list",
    call=_list,
)
OPERATIONS = {
    each.name: each
    for each in (
        LIST,
        Operation(
            name="show",
            summary="Show the evidence for a release, and what is missing.",
            example="show support/answer@7 production",
            arguments=(_REF, _ENVIRONMENT),
            call=_show,
            exit_code=_is_ready,
        ),
        Operation(
            name="request",
            summary="Ask for the approvals that a release needs.",
            example='request support/answer@7 production --reason "The new refund rules."',
            arguments=(_REF, _ENVIRONMENT, _REASON),
            call=_request,
        ),
        Operation(
            name="withdraw",
            summary="Take one's own approval or rejection back.",
            example='withdraw apr-0198c2a1b3d4-9f3a2c1b --reason "I saw another case."',
            arguments=(_ID, _REASON),
            call=_withdraw,
        ),
        Operation(
            name="review",
            summary="Say what one makes of broken glass, which somebody else broke.",
            example='review apr-0198c2a1b3d4-9f3a2c1b --reason "It was right: the site was down."',
            arguments=(_ID, _REASON),
            call=_review,
        ),
    )
}
