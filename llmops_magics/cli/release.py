"""``llmops release``: what each environment serves, and changing it."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operations
from llmops_magics.command.release import OPERATIONS, SUMMARY


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    add_operations(commands, "release", OPERATIONS, summary=SUMMARY, example="status")
