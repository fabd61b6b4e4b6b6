"""``llmops retrieval``: the operations of ``%retrieval_check`` and ``%retrieval_drift``.

Exit code 3 where the figures decide nothing, 1 where drift made a score worse beyond noise.
"""

from __future__ import annotations

from typing import Any

from llmops_magics.cli import relevance
from llmops_magics.cli.operation import add_operations
from llmops_magics.command.causes import CAUSES
from llmops_magics.command.retrieval import OPERATIONS
from llmops_magics.command.search import ACCESS, SEARCH
from llmops_magics.command.sweep import SWEEP

SUMMARY = "Measure retrievers on labelled queries, and how they drift."


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    example = OPERATIONS["check"].example
    operations = {**OPERATIONS, SWEEP.name: SWEEP, SEARCH.name: SEARCH, ACCESS.name: ACCESS}
    operations[CAUSES.name] = CAUSES
    own = add_operations(commands, "retrieval", operations, summary=SUMMARY, example=example)
    relevance.add_to(own)
