"""Operations of ``command`` as commands: each parses, makes its one call and prints the record."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from llmops_magics.cli.subcommand import command
from llmops_magics.command.operation import Context, Operation

if TYPE_CHECKING:
    from llmops_magics.command.consent import Console
    from llmops_magics.record import Record


def add_operations(
    commands: Any, name: str, operations: Mapping[str, Operation], *, summary: str, example: str
) -> Any:
    """Add a command with a command of its own for each operation; return where more may go."""
    parser = command(commands, name, summary=summary, example=f"llmops {name} {example}")
    own = parser.add_subparsers(dest="operation", required=True, metavar="OPERATION")
    for operation in operations.values():
        add_operation(own, operation, example=f"llmops {name} {operation.example}")
    return own


def add_operation(
    commands: Any, operation: Operation, *, example: str = ""
) -> argparse.ArgumentParser:
    """Add one operation as a command of its own; return its parser."""
    parser = command(
        commands,
        operation.name,
        summary=operation.summary,
        example=example or f"llmops {operation.name} {operation.example}",
    )
    operation.add_arguments(parser)
    add_json(parser)
    parser.set_defaults(run=partial(run_operation, operation))
    return parser


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how the record is printed."""
    parser.add_argument("--json", action="store_true", help="print the record as JSON")


def _show(record: Record, args: argparse.Namespace) -> None:
    """Print a record as text, or as JSON where that was asked for."""
    import llmops_magics.views  # noqa: F401  (fills the registry of views)
    from llmops_magics.record import VIEWS

    if args.json:
        print(json.dumps(record.to_dict(), ensure_ascii=False, indent=2))
    else:
        print(VIEWS[record.kind].text(record))


def run_operation(operation: Operation, args: argparse.Namespace) -> int:
    """Make the call, print the record and return the exit code; progress goes to stderr."""
    from llmops_magics.command.progress import CaseProgress
    from llmops_magics.workspace import current_workspace

    with CaseProgress(sys.stderr, is_shown=sys.stderr.isatty()) as progress:
        context = Context(workspace=current_workspace(), progress=progress)
        record = operation.call(context, args)
    _show(record, args)
    return operation.exit_code(record)


def terminal() -> Console:
    """Return where a plan is shown and asked about: stderr, for what is printed may be JSON."""
    from llmops_magics.command.consent import Console

    return Console(stream=sys.stderr, ask=_ask if sys.stdin.isatty() else None)


def _ask(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()
