"""``%llm_cache``: the stored answers, and what they saved."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic

OPERATIONS = OperationMagic(
    "llm_cache", "llmops_magics.command.cache", first_steps=("status", "clear", "prune")
)


@magics_class
class CacheMagics(Magics):
    """The magic of stored answers."""

    @readable
    @line_magic
    def llm_cache(self, line: str) -> Any:
        """See, clear and prune stored answers; ``%llm_cache`` alone says what there is."""
        return OPERATIONS.run(line if line.strip() else "status", self.shell.user_ns)
