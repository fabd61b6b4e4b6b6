"""``%llm_dataset``: versions of datasets, and what one does with them."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic

OPERATIONS = OperationMagic(
    "llm_dataset",
    "llmops_magics.command.dataset",
    first_steps=("import", "show", "check", "add", "diff", "sample"),
)


@magics_class
class DatasetMagics(Magics):
    """The magics of the dataset layer."""

    @readable
    @line_magic
    def llm_dataset(self, line: str) -> Any:
        """Work with datasets; see the help below."""
        return OPERATIONS.run(line, self.shell.user_ns)


DatasetMagics.llm_dataset.__doc__ = OPERATIONS.help()
