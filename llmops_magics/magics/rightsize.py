"""``%llm_rightsize``: which model is the smallest that is good enough, under the cell."""

from __future__ import annotations

import sys
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.rightsize import ARGUMENTS, EXAMPLES, SUMMARY, call
from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser

PARSER = MagicParser(
    "%llm_rightsize",
    description=SUMMARY,
    example="\n".join(f"  %llm_rightsize {example}" for example in EXAMPLES),
)
for _each in ARGUMENTS:
    _each.add_to(PARSER)


@magics_class
class RightSizeMagics(Magics):
    """The magic of right-sizing."""

    @readable
    @line_magic
    def llm_rightsize(self, line: str) -> Any:
        """Compare models; see the help below."""
        args = PARSER.parse_line(line)
        import llmops_magics.views  # noqa: F401  (so that the report can be shown)
        from llmops_magics.command.consent import Console
        from llmops_magics.command.operation import Context
        from llmops_magics.command.progress import CaseProgress
        from llmops_magics.workspace import current_workspace

        workspace, names = current_workspace(), self.shell.user_ns
        console = Console(stream=sys.stdout, ask=input)
        with CaseProgress(sys.stdout) as progress:
            context = Context(workspace=workspace, namespace=names, progress=progress)
            return call(context, args, console)


RightSizeMagics.llm_rightsize.__doc__ = PARSER.format_help()
