"""``%llm_budget``: what may be spent, for what and in which time."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic

OPERATIONS = OperationMagic(
    "llm_budget", "llmops_magics.command.budget", first_steps=("set", "list", "show")
)


@magics_class
class BudgetMagics(Magics):
    """The magic of budgets."""

    @readable
    @line_magic
    def llm_budget(self, line: str) -> Any:
        """Set, list, show and remove budgets; ``%llm_budget`` alone lists them."""
        return OPERATIONS.run(line if line.strip() else "list", self.shell.user_ns)
