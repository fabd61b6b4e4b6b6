"""``llmops retrieval``: the operations of ``%retrieval_check`` and the magics beside it.

Exit code 3 where the figures decide nothing, 1 where drift made a score worse beyond noise.
"""

from __future__ import annotations

from typing import Any

from llmops_magics.cli import relevance
from llmops_magics.cli.operation import add_operations
from llmops_magics.command.check import CHECK
from llmops_magics.command.relevance import LABEL
from llmops_magics.command.retrieval import OPERATIONS

SUMMARY = "Measure retrievers on labelled queries, and how they drift."


def add_to(commands: Any) -> None:
    """Add the command and its operations; ``queries`` and ``label`` have runs of their own."""
    operations = {name: each for name, each in OPERATIONS.items() if each is not LABEL}
    own = add_operations(commands, "retrieval", operations, summary=SUMMARY, example=CHECK.example)
    relevance.add_to(own)
