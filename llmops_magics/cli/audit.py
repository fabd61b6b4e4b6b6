"""``llmops audit verify``: check that trail and archives are as they were sealed."""

from __future__ import annotations

import sys
from typing import Any

from llmops_magics.cli.subcommand import command


def add_to(commands: Any) -> None:
    """Add the command and its actions."""
    parser = command(
        commands,
        "audit",
        summary="Verify the audit trail and the archives.",
        example="llmops audit verify",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    action = command(
        actions,
        "verify",
        summary="Recompute the hash chain and every archive's digests.",
        example="llmops audit verify --head sha256:1f0c…",
    )
    action.add_argument("--head", default="", help="a head of the chain that you kept elsewhere")
    action.set_defaults(run=verify)


def verify(args: Any) -> int:
    """Print what verification found; exit code 1 if anything is wrong."""
    from llmops_magics.workspace import current_workspace

    report = current_workspace().verify_audit(expected_head=args.head)
    for problem in report.problems:
        print(f"llmops: {problem}", file=sys.stderr)
    state = "BROKEN" if report.problems else "ok"
    print(f"{state}: {report.events} events, {report.archives} archives, head {report.head}")
    return 1 if report.problems else 0
