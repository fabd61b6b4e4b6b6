"""``llmops prompt``: the operations of ``%prompt``, printed as text or as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from typing import Any

from llmops_magics.cli.subcommand import command
from llmops_magics.command.operation import Context, Operation
from llmops_magics.command.prompt import OPERATIONS


def add_to(commands: Any) -> None:
    """Add the command with a command of its own for each operation."""
    parser = command(
        commands,
        "prompt",
        summary="Show, try, test, label, roll back and explain prompt versions.",
        example="llmops prompt log support/answer",
    )
    own = parser.add_subparsers(dest="operation", required=True, metavar="OPERATION")
    for operation in OPERATIONS.values():
        each = command(
            own,
            operation.name,
            summary=operation.summary,
            example=f"llmops prompt {operation.example}",
        )
        operation.add_arguments(each)
        each.add_argument("--json", action="store_true", help="print the record as JSON")
        each.set_defaults(run=partial(run, operation))


def run(operation: Operation, args: argparse.Namespace) -> int:
    """Make the call and print what comes back."""
    import llmops_magics.views  # noqa: F401  (fills the registry of views)
    from llmops_magics.command.progress import CaseProgress
    from llmops_magics.record import VIEWS
    from llmops_magics.workspace import current_workspace

    with CaseProgress(sys.stderr, is_shown=sys.stderr.isatty()) as progress:
        context = Context(workspace=current_workspace(), progress=progress)
        record = operation.call(context, args)
    if args.json:
        print(json.dumps(record.to_dict(), ensure_ascii=False, indent=2))
    else:
        print(VIEWS[record.kind].text(record))
    return operation.exit_code(record)
