"""``llmops budget``: the operations of ``%llm_budget``."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operations
from llmops_magics.command.budget import OPERATIONS

SUMMARY = "Set, list, show and remove budgets."


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    example = OPERATIONS["set"].example
    add_operations(commands, "budget", OPERATIONS, summary=SUMMARY, example=example)
