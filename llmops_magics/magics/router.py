"""``%llm_router``: the models made of others, and what one would do with a text."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic

OPERATIONS = OperationMagic(
    "llm_router", "llmops_magics.command.router", first_steps=("list", "show", "try")
)


@magics_class
class RouterMagics(Magics):
    """The magic of routers."""

    @readable
    @line_magic
    def llm_router(self, line: str) -> Any:
        """List, show and try routers; ``%llm_router`` alone lists them."""
        return OPERATIONS.run(line if line.strip() else "list", self.shell.user_ns)
