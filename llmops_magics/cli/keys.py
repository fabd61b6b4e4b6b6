"""``llmops keys``: signing keys, and whose they are."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operations
from llmops_magics.command.keys import OPERATIONS

SUMMARY = "Make a key to sign with, and say whose keys there are."


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    add_operations(commands, "keys", OPERATIONS, summary=SUMMARY, example="new")
