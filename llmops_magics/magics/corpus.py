"""``%llm_corpus``: versions of corpora, and what one does with them."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic

OPERATIONS = OperationMagic(
    "llm_corpus", "llmops_magics.command.corpus", first_steps=("add", "show", "check", "diff")
)


@magics_class
class CorpusMagics(Magics):
    """The magic of corpora."""

    @readable
    @line_magic
    def llm_corpus(self, line: str) -> Any:
        """Add, list, show, compare and check corpora; ``%llm_corpus`` alone lists them."""
        return OPERATIONS.run(line if line.strip() else "list", self.shell.user_ns)
