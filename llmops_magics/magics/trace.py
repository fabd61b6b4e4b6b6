"""``%llm_trace``: what was called, how long it took, what it cost and what went wrong."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic

OPERATIONS = OperationMagic(
    "llm_trace",
    "llmops_magics.command.trace",
    first_steps=("list", "show", "import", "export", "prune"),
)
_HELP = ("-h", "--help")


@magics_class
class TraceMagics(Magics):
    """The magic of traces."""

    @readable
    @line_magic
    def llm_trace(self, line: str) -> Any:
        """List traces, or show one.

        Alone or with options it lists; ``last``, ``cell``, an id or a run's id shows that.
        """
        first = (line.split() or [""])[0]
        if not first or (first.startswith("-") and first not in _HELP):
            line = f"list {line}"
        elif first not in OPERATIONS.operations and first not in _HELP:
            line = f"show {line}"
        return OPERATIONS.run(line, self.shell.user_ns)
