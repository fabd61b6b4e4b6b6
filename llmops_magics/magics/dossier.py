"""``%llm_dossier``: the sealed gate runs."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic

OPERATIONS = OperationMagic(
    "llm_dossier",
    "llmops_magics.command.dossier",
    first_steps=("list", "show", "verify", "diff"),
)


@magics_class
class DossierMagics(Magics):
    """The magic of dossiers."""

    @readable
    @line_magic
    def llm_dossier(self, line: str) -> Any:
        """List, show, verify and compare sealed gate runs; ``%llm_dossier`` alone lists them."""
        return OPERATIONS.run(line if line.strip() else "list", self.shell.user_ns)
