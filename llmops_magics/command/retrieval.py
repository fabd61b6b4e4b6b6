"""Every operation of ``llmops retrieval``; in a notebook each is a magic of its own."""

from __future__ import annotations

from llmops_magics.command.causes import CAUSES
from llmops_magics.command.check import CHECK, DRIFT
from llmops_magics.command.operation import Operation
from llmops_magics.command.relevance import LABEL
from llmops_magics.command.search import ACCESS, SEARCH
from llmops_magics.command.sweep import SWEEP

OPERATIONS: dict[str, Operation] = {
    each.name: each for each in (SEARCH, ACCESS, CHECK, DRIFT, SWEEP, CAUSES, LABEL)
}
