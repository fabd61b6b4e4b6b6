"""``%llm_power``: how many cases an eval takes, before it is paid for."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.power import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser

PARSER = MagicParser(
    "%llm_power",
    description=SUMMARY,
    example=f"  %llm_power {EXAMPLE}\n  %llm_power --run run --against other_run",
)
for _each in ARGUMENTS:
    _each.add_to(PARSER)


@magics_class
class PowerMagics(Magics):
    """The magic of sample sizes."""

    @readable
    @line_magic
    def llm_power(self, line: str) -> Any:
        """Plan the number of cases; see the help below."""
        args = PARSER.parse_line(line)
        from llmops_magics.command.operation import Context
        from llmops_magics.workspace import current_workspace

        return call(Context(workspace=current_workspace(), namespace=self.shell.user_ns), args)


PowerMagics.llm_power.__doc__ = PARSER.format_help()
