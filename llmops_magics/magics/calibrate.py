"""``%llm_calibrate``: how far a judge agrees with people, and whether a gate may rely on it."""

from __future__ import annotations

import sys
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.calibrate import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser
from llmops_magics.widgets.live import is_watched

PARSER = MagicParser(
    "%llm_calibrate",
    description=SUMMARY,
    example=(
        f"  %llm_calibrate {EXAMPLE}\n"
        "  %llm_calibrate groundedness --labels cases --label human --threshold 1"
    ),
)
for _each in ARGUMENTS:
    _each.add_to(PARSER)


@magics_class
class CalibrateMagics(Magics):
    """The magic of judges' licences."""

    @readable
    @line_magic
    def llm_calibrate(self, line: str) -> Any:
        """Calibrate a judge; see the help below."""
        args = PARSER.parse_line(line)
        from llmops_magics.command.operation import Context
        from llmops_magics.command.progress import CaseProgress
        from llmops_magics.workspace import current_workspace

        with CaseProgress(sys.stdout, is_shown=is_watched()) as progress:
            context = Context(
                workspace=current_workspace(), namespace=self.shell.user_ns, progress=progress
            )
            return call(context, args)


CalibrateMagics.llm_calibrate.__doc__ = PARSER.format_help()
