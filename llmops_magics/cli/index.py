"""``llmops index``: the operations of ``%llm_index``."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operations
from llmops_magics.command.index import OPERATIONS

SUMMARY = "Build, refresh, check and revert the indexes of corpora."


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    example = OPERATIONS["build"].example
    add_operations(commands, "index", OPERATIONS, summary=SUMMARY, example=example)
