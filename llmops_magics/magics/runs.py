"""``%llm_runs``: the eval runs of the workspace, found again."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic

OPERATIONS = OperationMagic(
    "llm_runs", "llmops_magics.command.runs", first_steps=("list", "show", "compare")
)
_HELP = ("-h", "--help")


@magics_class
class RunsMagics(Magics):
    """The magic of eval runs."""

    @readable
    @line_magic
    def llm_runs(self, line: str) -> Any:
        """List, show and compare eval runs; ``%llm_runs`` alone lists the newest."""
        first = (line.split() or [""])[0]
        is_list = not first or (first.startswith("-") and first not in _HELP)
        return OPERATIONS.run(f"list {line}" if is_list else line, self.shell.user_ns)
