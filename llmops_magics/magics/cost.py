"""``%llm_cost``: what model calls have cost."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.cost import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser

PARSER = MagicParser(
    "%llm_cost",
    description=SUMMARY,
    example=f"  %llm_cost {EXAMPLE}\n  %llm_cost --by day --forecast",
)
for _each in ARGUMENTS:
    _each.add_to(PARSER)


@magics_class
class CostMagics(Magics):
    """The magic of costs."""

    @readable
    @line_magic
    def llm_cost(self, line: str) -> Any:
        """Report costs; see the help below."""
        args = PARSER.parse_line(line)
        import llmops_magics.views  # noqa: F401  (so that the report can be shown)
        from llmops_magics.command.operation import Context
        from llmops_magics.workspace import current_workspace

        return call(Context(workspace=current_workspace(), namespace=self.shell.user_ns), args)


CostMagics.llm_cost.__doc__ = PARSER.format_help()
