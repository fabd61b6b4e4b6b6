"""``%llm_audit``: the audit trail, and who approved what."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic

OPERATIONS = OperationMagic(
    "llm_audit", "llmops_magics.command.audit", first_steps=("who", "log", "verify")
)


@magics_class
class AuditMagics(Magics):
    """The magic of the audit trail."""

    @readable
    @line_magic
    def llm_audit(self, line: str) -> Any:
        """Read, verify, sign and export the audit trail; see the help below."""
        return OPERATIONS.run(line, self.shell.user_ns)


AuditMagics.llm_audit.__doc__ = OPERATIONS.help()
