"""``llmops cost``: the same as ``%llm_cost``."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operation
from llmops_magics.command.cost import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.command.operation import Operation


def add_to(commands: Any) -> None:
    """Add the command."""
    add_operation(
        commands,
        Operation(
            name="cost",
            summary=SUMMARY,
            example=EXAMPLE,
            arguments=ARGUMENTS,
            call=call,
        ),
    )
