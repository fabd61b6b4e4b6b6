"""``llmops audit``: the operations of ``%llm_audit``, with a verification that is made for CI.

Exit codes of ``verify``: 0 all is as it was written, 1 something is not.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from llmops_magics.cli.operation import add_json, add_operation
from llmops_magics.cli.subcommand import command
from llmops_magics.command.audit import OPERATIONS, SUMMARY, verify, verify_exit


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    parser = command(commands, "audit", summary=SUMMARY, example="llmops audit verify")
    own = parser.add_subparsers(dest="operation", required=True, metavar="OPERATION")
    for operation in OPERATIONS.values():
        if operation.name == "verify":
            _add_verify(own)
        else:
            add_operation(own, operation, example=f"llmops audit {operation.example}")


def _add_verify(commands: Any) -> None:
    operation = OPERATIONS["verify"]
    example = f"llmops audit {operation.example}"
    parser = command(commands, "verify", summary=operation.summary, example=example)
    operation.add_arguments(parser)
    add_json(parser)
    parser.set_defaults(run=run_verify)


def run_verify(args: argparse.Namespace) -> int:
    """Print the result in a line, and what is wrong to stderr; 1 if anything is."""
    import llmops_magics.views  # noqa: F401  (fills the registry of views)
    from llmops_magics.command.operation import Context
    from llmops_magics.record import VIEWS
    from llmops_magics.workspace import current_workspace

    report = verify(Context(workspace=current_workspace()), args)
    if args.json:
        print(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
        return verify_exit(report)
    result, _, rest = VIEWS[report.kind].text(report).partition("\n")
    print(result)
    for line in rest.splitlines():
        print(line, file=sys.stderr if report.problems else sys.stdout)
    return verify_exit(report)
