"""``%llm_approve`` signs a yes or a no; ``%llm_approvals`` lists what waits for people."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.approval import ARGUMENTS, EXAMPLES, SUMMARY, Desk, approve
from llmops_magics.command.operation import Context
from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic
from llmops_magics.magics.single import SingleMagic

OPERATIONS = OperationMagic(
    "llm_approvals", "llmops_magics.command.approval", first_steps=("list", "show", "request")
)


def _approve(context: Context, args: Namespace) -> Any:
    from IPython.display import display

    return approve(context, args, Desk(show=display, ask=input))


APPROVE = SingleMagic(
    "llm_approve", summary=SUMMARY, arguments=ARGUMENTS, examples=EXAMPLES, call=_approve
)


@magics_class
class ApprovalMagics(Magics):
    """The magics of approvals."""

    llm_approve = APPROVE.method()

    @readable
    @line_magic
    def llm_approvals(self, line: str) -> Any:
        """List what waits, or ``show``, ``request``, ``withdraw`` and ``review``."""
        return OPERATIONS.run(line.strip() or "list", self.shell.user_ns)
