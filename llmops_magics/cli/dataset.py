"""``llmops dataset``: the operations of ``%llm_dataset``."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operations
from llmops_magics.command.dataset import OPERATIONS


def add_to(commands: Any) -> None:
    """Add the command."""
    add_operations(
        commands,
        "dataset",
        OPERATIONS,
        summary="Import, show, add to, compare, check, freeze and export datasets.",
        example="check support-faq",
    )
