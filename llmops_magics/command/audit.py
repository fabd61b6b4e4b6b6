"""The operations on the audit trail: ``%llm_audit`` in a notebook, ``llmops audit`` elsewhere."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.incident import INCIDENT
from llmops_magics.command.operation import Argument, Context, Operation, argument
from llmops_magics.command.option import whole
from llmops_magics.errors import UsageError

SUMMARY = "Read, verify, sign and export the audit trail, and ask who approved what."
FRAMEWORKS = ("eu-ai-act", "nist-ai-600-1", "iso-iec-42001", "soc-2", "gdpr", "sr-26-2")
FORMATS = ("html", "jsonl", "csv")
SINCE = argument("--since", default="", metavar="TIME", help="from 2h or 7d ago on, or a date")
UNTIL = argument("--until", default="", metavar="TIME", help="before that time")
FRAMEWORK = argument(
    "--framework",
    action="append",
    default=[],
    choices=FRAMEWORKS,
    help="this law or standard; may be repeated (default: all)",
)


def _log(context: Context, args: Namespace) -> Any:
    return context.workspace.audit.log(
        args.resource,
        actor=args.actor,
        action=args.action,
        since=args.since,
        until=args.until,
        limit=args.limit,
    )


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.audit.show(args.seq)


def verify(context: Context, args: Namespace) -> Any:
    """Verify the trail and every dossier, or one dossier alone."""
    return context.workspace.audit.verify(args.target, head=args.head, roots=args.tsa_root)


def verify_exit(report: Any) -> int:
    """Return 1 where something is not as it was written."""
    return 1 if report.problems else 0


def _who(context: Context, args: Namespace) -> Any:
    return context.workspace.audit.who(args.name, at=args.at)


def _report(context: Context, args: Namespace) -> Any:
    return context.workspace.audit.report(
        frameworks=args.framework, since=args.since, until=args.until
    )


def _export(context: Context, args: Namespace) -> Any:
    from llmops_magics.views.mapping import mapping_report_page

    if args.framework and args.format != "html":
        raise UsageError(f"{args.format} knows no frameworks.", hint="Leave --framework out.")
    return context.workspace.audit.export(
        args.format,
        args.output or f"audit.{args.format}",
        resource=args.resource,
        since=args.since,
        until=args.until,
        frameworks=args.framework,
        render=mapping_report_page,
    )


def _checkpoint(context: Context, args: Namespace) -> Any:
    return context.workspace.audit.checkpoint(git=args.git, timestamp=args.timestamp)


def _erase(context: Context, args: Namespace) -> Any:
    return context.workspace.audit.erase(args.subject, args.reason)


def _retention(context: Context, args: Namespace) -> Any:
    return context.workspace.audit.retention(apply=args.apply)


def _hold(context: Context, args: Namespace) -> Any:
    return context.workspace.audit.hold(args.resource, args.reason, end=args.end)


_LOG_ARGUMENTS: tuple[Argument, ...] = (
    argument(
        "resource",
        nargs="?",
        default="",
        complete="ref",
        help="a prompt, prompt@environment, gate/…, …",
    ),
    argument("--actor", default="", complete="principal", help="what this person did"),
    argument("--action", default="", help="release.promote, or release for all under it"),
    SINCE,
    UNTIL,
    argument("--limit", type=whole, default=50, metavar="N", help="at most N (default: 50)"),
)

OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="log",
            summary="Show who did what to which resource, the newest first.",
            example="log support/answer@production --action release --since 30d",
            arguments=_LOG_ARGUMENTS,
            call=_log,
        ),
        Operation(
            name="show",
            summary="Show one event with all that it tells.",
            example="show 4711",
            arguments=(argument("seq", type=whole, help="the event's number"),),
            call=_show,
        ),
        Operation(
            name="who",
            summary="Tell who approved what an environment serves, and what it did.",
            example="who support/answer@production",
            arguments=(
                argument("name", complete="ref", help="PROMPT@ENVIRONMENT"),
                argument("--at", default="", metavar="TIME", help="as it was then"),
            ),
            call=_who,
        ),
        Operation(
            name="verify",
            summary="Recompute the hash chain, its signed heads and every dossier; or one dossier.",
            example="verify --head sha256:1f0c…",
            arguments=(
                argument(
                    "target",
                    nargs="?",
                    default="",
                    complete="path",
                    metavar="DOSSIER",
                    help="one dossier alone: its folder (no store is needed), id or digest",
                ),
                argument("--head", default="", help="a head of the chain that you kept elsewhere"),
                argument(
                    "--tsa-root",
                    default="",
                    complete="path",
                    metavar="PEM",
                    help="certificates that the timestamps of signed heads are checked against",
                ),
            ),
            call=verify,
            exit_code=verify_exit,
        ),
        Operation(
            name="checkpoint",
            summary="Sign the head of the trail, and publish it where its owner cannot change it.",
            example="checkpoint --git",
            arguments=(
                argument("--git", action="store_true", help="commit the signed head by itself"),
                argument(
                    "--timestamp",
                    nargs="?",
                    const=True,
                    default=False,
                    metavar="URL",
                    help="have an authority (RFC 3161) date it; its digest is all that is sent",
                ),
            ),
            call=_checkpoint,
        ),
        Operation(
            name="report",
            summary="Map the records to laws and standards: what is there, what is missing.",
            example="report --framework eu-ai-act --since 90d",
            arguments=(FRAMEWORK, SINCE, UNTIL),
            call=_report,
        ),
        Operation(
            name="export",
            summary="Write the report (html), the trail to verify elsewhere (jsonl), or a table.",
            example="export jsonl -o trail.jsonl",
            arguments=(
                argument("format", choices=FORMATS, help="html, jsonl or csv"),
                argument("-o", "--output", default="", complete="path", metavar="FILE"),
                argument("--resource", default="", complete="ref", help="csv: of this alone"),
                FRAMEWORK,
                SINCE,
                UNTIL,
            ),
            call=_export,
        ),
        INCIDENT,
        Operation(
            name="erase",
            summary="Forget the key of a person's sealed values; the chain verifies as before.",
            example='erase "Ana Lopez" --reason "request of 3 May"',
            arguments=(
                argument("subject", help="the name, or person-1f0c…"),
                argument("--reason", required=True, help="why"),
            ),
            call=_erase,
        ),
        Operation(
            name="retention",
            summary="Show what is kept, what may go and what is held; --apply deletes dossiers.",
            example="retention",
            arguments=(
                argument("--apply", action="store_true", help="delete the dossiers that may go"),
            ),
            call=_retention,
        ),
        Operation(
            name="hold",
            summary="Let nothing of a resource be deleted, however old.",
            example='hold "support/*" --reason "case 12/2026"',
            arguments=(
                argument("resource", complete="name", help="a prompt, or a pattern of prompts"),
                argument("--reason", required=True, help="why"),
                argument("--end", action="store_true", help="end the hold"),
            ),
            call=_hold,
        ),
    )
}
