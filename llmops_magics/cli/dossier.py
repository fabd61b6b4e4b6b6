"""``llmops dossier``: the sealed gate runs."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operations
from llmops_magics.command.dossier import OPERATIONS, SUMMARY


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    add_operations(commands, "dossier", OPERATIONS, summary=SUMMARY, example="list")
