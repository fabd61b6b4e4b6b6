"""``llmops approve``: show the evidence for a release, and sign a yes or a no to it."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from llmops_magics.cli.operation import add_operation, terminal
from llmops_magics.command.approval import ARGUMENTS, EXAMPLES, SUMMARY, Desk, approve
from llmops_magics.command.operation import Context, Operation

if TYPE_CHECKING:
    from llmops_magics.record import Record


def add_to(commands: Any) -> None:
    """Add the command."""
    add_operation(
        commands,
        Operation(
            name="approve", summary=SUMMARY, example=EXAMPLES[0], arguments=ARGUMENTS, call=_approve
        ),
    )


def _approve(context: Context, args: Namespace) -> Any:
    return approve(context, args, Desk(show=_show, ask=terminal().ask))


def _show(record: Record) -> None:
    """Print the evidence where it is not in the way of a record that is printed as JSON."""
    import llmops_magics.views  # noqa: F401  (fills the registry of views)

    print(record, file=sys.stderr, flush=True)
