"""``%llm_search`` and ``%retrieval_access``: what a corpus answers, and to whom."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.operation import Operation
from llmops_magics.command.search import ACCESS, SEARCH
from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser


def _parser(magic: str, operation: Operation) -> MagicParser:
    example = operation.example.partition(" ")[2]
    parser = MagicParser(magic, description=operation.summary, example=f"  {magic} {example}")
    operation.add_arguments(parser)
    return parser


SEARCH_PARSER = _parser("%llm_search", SEARCH)
ACCESS_PARSER = _parser("%retrieval_access", ACCESS)


@magics_class
class SearchMagics(Magics):
    """The magics that ask a corpus."""

    @readable
    @line_magic
    def llm_search(self, line: str) -> Any:
        """Ask a corpus; see the help below."""
        return self._call(SEARCH, SEARCH_PARSER, line)

    @readable
    @line_magic
    def retrieval_access(self, line: str) -> Any:
        """Check access; see the help below."""
        return self._call(ACCESS, ACCESS_PARSER, line)

    def _call(self, operation: Operation, parser: MagicParser, line: str) -> Any:
        args = parser.parse_line(line)
        from llmops_magics.command.operation import Context
        from llmops_magics.workspace import current_workspace

        context = Context(workspace=current_workspace(), namespace=self.shell.user_ns)
        return operation.call(context, args)


SearchMagics.llm_search.__doc__ = SEARCH_PARSER.format_help()
SearchMagics.retrieval_access.__doc__ = ACCESS_PARSER.format_help()
