"""``%llm_eval``: run a prompt or function over a dataset and show the scores under the cell."""

from __future__ import annotations

import sys
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.evaluation import ARGUMENTS, EXAMPLES, SUMMARY, call
from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser
from llmops_magics.widgets.live import is_watched

PARSER = MagicParser(
    "%llm_eval",
    description=SUMMARY,
    example="\n".join(f"  %llm_eval {example}" for example in EXAMPLES),
)
for _each in ARGUMENTS:
    _each.add_to(PARSER)


@magics_class
class EvalMagics(Magics):
    """The magics of the eval layer."""

    @readable
    @line_magic
    def llm_eval(self, line: str) -> Any:
        """Evaluate a prompt; see the help below."""
        args = PARSER.parse_line(line)
        from llmops_magics.command.consent import Console
        from llmops_magics.command.operation import Context
        from llmops_magics.command.progress import CaseProgress
        from llmops_magics.workspace import current_workspace

        workspace, names = current_workspace(), self.shell.user_ns
        console = Console(stream=sys.stdout, ask=input)
        with CaseProgress(sys.stdout, is_shown=is_watched()) as progress:
            context = Context(workspace=workspace, namespace=names, progress=progress)
            return call(context, args, console)


EvalMagics.llm_eval.__doc__ = PARSER.format_help()
