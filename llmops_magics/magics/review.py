"""``%llm_review``: look at the failing cases of a run, and say what is right."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.review import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser

PARSER = MagicParser(
    "%llm_review",
    description=SUMMARY,
    example=(
        f"  %llm_review run --disagreements\n  %llm_review {EXAMPLE}\n"
        "  %llm_review run --scorer faithfulness --export faithfulness-labels"
    ),
)
for _each in ARGUMENTS:
    _each.add_to(PARSER)


@magics_class
class ReviewMagics(Magics):
    """The magic of reviews."""

    @readable
    @line_magic
    def llm_review(self, line: str) -> Any:
        """Review a run; see the help below."""
        args = PARSER.parse_line(line)
        from llmops_magics.command.operation import Context
        from llmops_magics.workspace import current_workspace

        return call(Context(workspace=current_workspace(), namespace=self.shell.user_ns), args)


ReviewMagics.llm_review.__doc__ = PARSER.format_help()
