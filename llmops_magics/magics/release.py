"""``%llm_release``: what each environment serves, and changing it."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic

OPERATIONS = OperationMagic(
    "llm_release",
    "llmops_magics.command.release",
    first_steps=("status", "promote", "rollback", "history"),
)


@magics_class
class ReleaseMagics(Magics):
    """The magic of releases."""

    @readable
    @line_magic
    def llm_release(self, line: str) -> Any:
        """Promote, watch and take back; ``%llm_release`` alone shows what is served where."""
        return OPERATIONS.run(line if line.strip() else "status", self.shell.user_ns)
