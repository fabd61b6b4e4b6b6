"""``llmops corpus``: the operations of ``%llm_corpus``."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operations
from llmops_magics.command.corpus import OPERATIONS

SUMMARY = "Add, list, show, compare and check corpora of documents."


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    example = OPERATIONS["add"].example
    add_operations(commands, "corpus", OPERATIONS, summary=SUMMARY, example=example)
