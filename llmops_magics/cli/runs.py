"""``llmops runs``: the operations of ``%llm_runs``; without one it lists."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from llmops_magics.cli.operation import run_operation
from llmops_magics.cli.subcommand import command
from llmops_magics.command.operation import argument
from llmops_magics.command.runs import LIST, OPERATIONS

if TYPE_CHECKING:
    from llmops_magics.command.operation import Argument, Operation

SUMMARY = "List, show and compare eval runs; alone it lists the newest."
_SHARED = (
    *LIST.arguments,
    argument("--json", action="store_true", help="print the record as JSON"),
)


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    parser = command(commands, "runs", summary=SUMMARY, example=f"llmops runs {LIST.example}")
    for each in _SHARED:
        each.add_to(parser)
    parser.set_defaults(run=partial(run_operation, LIST))
    own = parser.add_subparsers(dest="operation", metavar="OPERATION")
    for operation in OPERATIONS.values():
        one = command(
            own,
            operation.name,
            summary=operation.summary,
            example=f"llmops runs {operation.example}",
        )
        for each in _arguments(operation):
            each.add_to(one)
        one.set_defaults(run=partial(run_operation, operation))


def _arguments(operation: Operation) -> list[Argument]:
    """Return an operation's arguments; what stood before its name counts unless it is given."""
    own = [a for a in operation.arguments if a not in LIST.arguments]
    shared = _SHARED if operation is LIST else _SHARED[-1:]
    kept = [replace(a, options={**a.options, "default": argparse.SUPPRESS}) for a in shared]
    return [*own, *kept]
