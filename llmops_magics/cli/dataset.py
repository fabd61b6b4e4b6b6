"""``llmops dataset``: the operations of ``%llm_dataset``, printed as text or as JSON."""

from __future__ import annotations

from functools import partial
from typing import Any

from llmops_magics.cli.prompt import run
from llmops_magics.cli.subcommand import command
from llmops_magics.command.dataset import OPERATIONS


def add_to(commands: Any) -> None:
    """Add the command with a command of its own for each operation."""
    parser = command(
        commands,
        "dataset",
        summary="Import, show, add to, compare, check, freeze and export datasets.",
        example="llmops dataset check support-faq",
    )
    own = parser.add_subparsers(dest="operation", required=True, metavar="OPERATION")
    for operation in OPERATIONS.values():
        each = command(
            own,
            operation.name,
            summary=operation.summary,
            example=f"llmops dataset {operation.example}",
        )
        operation.add_arguments(each)
        each.add_argument("--json", action="store_true", help="print the record as JSON")
        each.set_defaults(run=partial(run, operation))
