"""``llmops approvals``: what waits for people, and what one does about it.

With no operation it lists what waits; ``show`` ends with 1 where something is missing.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from llmops_magics.cli.operation import add_json, add_operation, run_operation
from llmops_magics.cli.subcommand import command
from llmops_magics.command.approval import LIST, OPERATIONS

SUMMARY = "List what waits for people; ask for approvals, take one back, review."


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    parser = command(commands, "approvals", summary=SUMMARY, example="llmops approvals")
    add_json(parser)
    parser.set_defaults(run=partial(run_operation, LIST))
    own = parser.add_subparsers(dest="operation", metavar="OPERATION")
    for operation in OPERATIONS.values():
        add_operation(own, operation, example=f"llmops approvals {operation.example}")
