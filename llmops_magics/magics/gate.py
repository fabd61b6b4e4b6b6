"""``%llm_gate``: run a gold notebook under the cell, and what else one does with gates."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic

OPERATIONS = OperationMagic(
    "llm_gate", "llmops_magics.command.gate", first_steps=("run", "new", "lint")
)
_NOT_A_NOTEBOOK = ("", "-h", "--help")


@magics_class
class GateMagics(Magics):
    """The magic of gates."""

    @readable
    @line_magic
    def llm_gate(self, line: str) -> Any:
        """Run gates; see the help below."""
        first = line.strip().partition(" ")[0]
        if first not in OPERATIONS.operations and first not in _NOT_A_NOTEBOOK:
            line = f"run {line.strip()}"
        return OPERATIONS.run(line, self.shell.user_ns)


GateMagics.llm_gate.__doc__ = OPERATIONS.help()
