"""``%retrieval_queries`` and ``%retrieval_label``: labelled queries where there are none."""

from __future__ import annotations

import sys
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.relevance import (
    LABEL,
    QUERIES_ARGUMENTS,
    QUERIES_EXAMPLE,
    QUERIES_SUMMARY,
    synthesise,
)
from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser
from llmops_magics.widgets.live import is_watched

QUERIES = MagicParser(
    "%retrieval_queries",
    description=QUERIES_SUMMARY,
    example=f"  %retrieval_{QUERIES_EXAMPLE}",
)
for _each in QUERIES_ARGUMENTS:
    _each.add_to(QUERIES)
LABELS = MagicParser(
    "%retrieval_label",
    description=LABEL.summary,
    example=f"  %retrieval_{LABEL.example}\n"
    "  %retrieval_label docs --queries questions.txt --as docs-labelled",
)
LABEL.add_arguments(LABELS)


@magics_class
class RelevanceMagics(Magics):
    """The magics that make labelled queries."""

    @readable
    @line_magic
    def retrieval_queries(self, line: str) -> Any:
        """Write queries with a model; see the help below."""
        args = QUERIES.parse_line(line)
        from llmops_magics.command.consent import Console

        console = Console(stream=sys.stdout, ask=input)
        return self._call(lambda context: synthesise(context, args, console))

    @readable
    @line_magic
    def retrieval_label(self, line: str) -> Any:
        """Grade passages; see the help below."""
        args = LABELS.parse_line(line)
        return self._call(lambda context: LABEL.call(context, args))

    def _call(self, operation: Any) -> Any:
        from llmops_magics.command.operation import Context
        from llmops_magics.command.progress import CaseProgress
        from llmops_magics.workspace import current_workspace

        with CaseProgress(sys.stdout, is_shown=is_watched()) as progress:
            context = Context(
                workspace=current_workspace(), namespace=self.shell.user_ns, progress=progress
            )
            return operation(context)


RelevanceMagics.retrieval_queries.__doc__ = QUERIES.format_help()
RelevanceMagics.retrieval_label.__doc__ = LABELS.format_help()
