"""``llmops trace``: the operations of ``%llm_trace``."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operations
from llmops_magics.command.trace import OPERATIONS


def add_to(commands: Any) -> None:
    """Add the command."""
    add_operations(
        commands,
        "trace",
        OPERATIONS,
        summary="Find, show, import, export and prune traces.",
        example="list --errors --since 2h",
    )
