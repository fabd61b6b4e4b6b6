"""The operations on environments: ``%llm_release`` in a notebook, ``llmops release`` elsewhere."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from typing import Any

from llmops_magics.command import rollout
from llmops_magics.command.operation import Context, Operation, argument

SUMMARY = "Promote versions to environments, in steps, and take them back."


def _promote(context: Context, args: Namespace) -> Any:
    return context.workspace.releases.promote(
        args.ref,
        args.to,
        reason=args.reason,
        break_glass=args.break_glass,
        canary=args.canary,
        hold=args.hold,
        guards=args.guard or None,
        kill=args.kill or None,
        holdback=args.holdback,
        rules=args.rule,
        shadow=args.shadow,
        scorers=args.scorer,
    )


def _status(context: Context, args: Namespace) -> Any:
    return context.workspace.releases.status(args.place)


def _pause(context: Context, args: Namespace) -> Any:
    return context.workspace.releases.pause(args.place, reason=args.reason)


def _resume(context: Context, args: Namespace) -> Any:
    return context.workspace.releases.resume(args.place, reason=args.reason)


def _abort(context: Context, args: Namespace) -> Any:
    return context.workspace.releases.abort(args.place, reason=args.reason)


def _rollback(context: Context, args: Namespace) -> Any:
    return context.workspace.releases.rollback(args.place, to=args.to, reason=args.reason)


def _history(context: Context, args: Namespace) -> Any:
    return context.workspace.releases.history(args.place, limit=args.limit)


def _freeze(context: Context, args: Namespace) -> Any:
    releases = context.workspace.releases
    return releases.freeze(args.environment, until=args.until, reason=args.reason)


def _unfreeze(context: Context, args: Namespace) -> Any:
    return context.workspace.releases.unfreeze(args.environment, reason=args.reason)


def _environments(context: Context, _args: Namespace) -> Any:
    return context.workspace.releases.environments()


def _percents(text: str) -> tuple[float, ...]:
    """Read ``1,5,25,100``; an argparse type."""
    try:
        return tuple(float(part.strip().removesuffix("%")) for part in text.split(",") if part)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no list of percents such as 1,5,25,100") from None


_PLACE = argument("place", metavar="NAME@ENV", complete="ref", help="support/answer@production")
_REASON = argument("--reason", default="", help="why; kept in the audit trail")
_ENVIRONMENT = argument("environment", metavar="ENV", complete="environment", help="production")
_PLAN = (
    argument(
        "--canary", type=_percents, default=None, metavar="1,5,25,100",
        help="the candidate's shares in percent, step by step",
    ),
    argument("--hold", default="", metavar="30m", help="how long each step is held at least"),
    argument(
        "--guard", action="append", default=[], metavar="RULE",
        help='such as "error_rate non_inferior 0.01"; may be repeated',
    ),
    argument(
        "--kill", action="append", default=[], metavar="RULE",
        help='a limit without statistics, such as "error_rate <= 0.2"; may be repeated',
    ),
    argument(
        "--holdback", type=float, default=None, metavar="PERCENT",
        help="who stays with the version before at the end",
    ),
    argument(
        "--rule", action="append", default=[], metavar="RULE",
        help='who gets what: "plan=beta: candidate", "country in AT,DE: 50%%"; may be repeated',
    ),
    argument(
        "--shadow", action="store_true", help="let the candidate answer too, and show it to nobody"
    ),
    argument(
        "--scorer", action="append", default=[], metavar="NAME", complete="scorer",
        help="compares shadow answers; may be repeated",
    ),
)  # fmt: skip

OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="promote",
            summary="Serve a version in an environment; says what is missing where it may not.",
            example="promote support/answer@7 --to production --canary 1,5,25,100 --hold 30m",
            arguments=(
                argument("ref", metavar="REF", complete="ref", help="the version to release"),
                argument(
                    "--to", required=True, metavar="ENV", complete="environment", help="where to"
                ),
                *_PLAN,
                argument(
                    "--break-glass",
                    action="store_true",
                    help="an emergency: release without what is missing, signed for, for a reason",
                ),
                _REASON,
            ),
            call=_promote,
        ),
        Operation(
            name="status",
            summary="Show what is served where, and what is under way.",
            example="status support/answer@production",
            arguments=(
                argument(
                    "place", nargs="?", default="", metavar="NAME@ENV", complete="ref",
                    help="one prompt there, or an environment; all of it where left out",
                ),
            ),
            call=_status,
        ),
        Operation(
            name="pause",
            summary="Keep the candidate's share as it is.",
            example="pause support/answer@production",
            arguments=(_PLACE, _REASON),
            call=_pause,
        ),
        Operation(
            name="resume",
            summary="Go on with a paused rollout; nobody changes sides.",
            example="resume support/answer@production",
            arguments=(_PLACE, _REASON),
            call=_resume,
        ),
        Operation(
            name="abort",
            summary="End a rollout without its candidate.",
            example="abort support/answer@production",
            arguments=(_PLACE, _REASON),
            call=_abort,
        ),
        Operation(
            name="rollback",
            summary="Go back one step, at once; never gated, in a freeze too.",
            example='rollback support/answer@production --reason "wrong refunds"',
            arguments=(
                _PLACE,
                argument(
                    "--to", default="", metavar="NUMBER", help="a version that was served before"
                ),
                _REASON,
            ),
            call=_rollback,
        ),
        Operation(
            name="history",
            summary="List the changes of what an environment serves.",
            example="history support/answer@production",
            arguments=(
                _PLACE,
                argument("--limit", type=int, default=50, metavar="N", help="the newest ones"),
            ),
            call=_history,
        ),
        Operation(
            name="freeze",
            summary="Let nothing but rollbacks, aborts and pauses change an environment.",
            example='freeze production --until 3d --reason "Black Friday"',
            arguments=(
                _ENVIRONMENT,
                argument(
                    "--until", default="", metavar="WHEN", help="3d, or 2026-12-01T09:00 (UTC)"
                ),
                _REASON,
            ),
            call=_freeze,
        ),
        Operation(
            name="unfreeze",
            summary="Let releases go on.",
            example="unfreeze production",
            arguments=(_ENVIRONMENT, _REASON),
            call=_unfreeze,
        ),
        Operation(
            name="environments",
            summary="List the environments with what each asks of a release.",
            example="environments",
            call=_environments,
        ),
        *rollout.OPERATIONS.values(),
    )
}  # fmt: skip
