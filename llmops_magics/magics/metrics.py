"""``%llm_metrics``: what the stored calls add up to."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.metrics import ARGUMENTS, EXAMPLE, PLOT, SUMMARY, call
from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser

PARSER = MagicParser(
    "%llm_metrics",
    description=SUMMARY,
    example=f"  %llm_metrics {EXAMPLE}\n  %llm_metrics --plot --where prompt=support/answer",
)
for _each in (*ARGUMENTS, PLOT):
    _each.add_to(PARSER)


@magics_class
class MetricsMagics(Magics):
    """The magic of metrics."""

    @readable
    @line_magic
    def llm_metrics(self, line: str) -> Any:
        """Add up the stored calls; see the help below."""
        args = PARSER.parse_line(line)
        import llmops_magics.views  # noqa: F401  (so that the record can be shown)
        from llmops_magics.command.operation import Context
        from llmops_magics.workspace import current_workspace

        return call(Context(workspace=current_workspace(), namespace=self.shell.user_ns), args)


MetricsMagics.llm_metrics.__doc__ = PARSER.format_help()
