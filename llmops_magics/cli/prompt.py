"""``llmops prompt``: the operations of ``%prompt``."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operations
from llmops_magics.command.prompt import OPERATIONS


def add_to(commands: Any) -> None:
    """Add the command."""
    add_operations(
        commands,
        "prompt",
        OPERATIONS,
        summary="Show, try, test, label, roll back and explain prompt versions.",
        example="log support/answer",
    )
