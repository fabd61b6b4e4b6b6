"""``llmops review``: the state of a review, and the export of its verdicts."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operation
from llmops_magics.command.operation import Operation
from llmops_magics.command.review import ARGUMENTS, EXAMPLE, SUMMARY, call


def add_to(commands: Any) -> None:
    """Add the command."""
    add_operation(
        commands,
        Operation(
            name="review",
            summary=SUMMARY,
            example=EXAMPLE,
            arguments=ARGUMENTS,
            call=call,
        ),
    )
