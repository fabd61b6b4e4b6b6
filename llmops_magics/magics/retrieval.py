"""``%retrieval_check``, ``%retrieval_drift`` and ``%retrieval_sweep``, under the cell."""

from __future__ import annotations

import sys
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.causes import CAUSES
from llmops_magics.command.operation import Operation
from llmops_magics.command.retrieval import OPERATIONS
from llmops_magics.command.sweep import SWEEP
from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser
from llmops_magics.widgets.live import is_watched


def _parser(operation: Operation) -> MagicParser:
    magic = f"%retrieval_{operation.name}"
    example = operation.example.partition(" ")[2]
    parser = MagicParser(magic, description=operation.summary, example=f"  {magic} {example}")
    operation.add_arguments(parser)
    return parser


_ALL = {**OPERATIONS, SWEEP.name: SWEEP, CAUSES.name: CAUSES}
PARSERS = {name: _parser(operation) for name, operation in _ALL.items()}


@magics_class
class RetrievalMagics(Magics):
    """The magics that measure retrieval."""

    @readable
    @line_magic
    def retrieval_check(self, line: str) -> Any:
        """Measure retrievers; see the help below."""
        return self._call("check", line)

    @readable
    @line_magic
    def retrieval_drift(self, line: str) -> Any:
        """Ask an earlier check's queries again; see the help below."""
        return self._call("drift", line)

    @readable
    @line_magic
    def retrieval_sweep(self, line: str) -> Any:
        """Try many ways to cut, embed and search; see the help below."""
        return self._call("sweep", line)

    @readable
    @line_magic
    def retrieval_causes(self, line: str) -> Any:
        """Say why failing cases failed; see the help below."""
        return self._call("causes", line)

    def _call(self, name: str, line: str) -> Any:
        args = PARSERS[name].parse_line(line)
        from llmops_magics.command.operation import Context
        from llmops_magics.command.progress import CaseProgress
        from llmops_magics.workspace import current_workspace

        with CaseProgress(sys.stdout, is_shown=is_watched()) as progress:
            context = Context(
                workspace=current_workspace(), namespace=self.shell.user_ns, progress=progress
            )
            return _ALL[name].call(context, args)


RetrievalMagics.retrieval_check.__doc__ = PARSERS["check"].format_help()
RetrievalMagics.retrieval_drift.__doc__ = PARSERS["drift"].format_help()
RetrievalMagics.retrieval_sweep.__doc__ = PARSERS["sweep"].format_help()
RetrievalMagics.retrieval_causes.__doc__ = PARSERS["causes"].format_help()
