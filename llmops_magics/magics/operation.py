"""A line magic whose first word names an operation: ``%prompt log support/answer``.

How a line is parsed and its call made is the same for a magic of one operation (``magics.single``).
"""

from __future__ import annotations

import difflib
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError as ShellUsageError

from llmops_magics.magics.parser import HelpShown, MagicParser
from llmops_magics.widgets.live import is_watched

if TYPE_CHECKING:
    from llmops_magics.command.operation import Argument, Context, Operation


def line_parser(
    magic: str, *, summary: str, arguments: Sequence[Argument], examples: Sequence[str]
) -> MagicParser:
    """Return the parser of a magic's line; ``examples`` are whole lines."""
    parser = MagicParser(
        magic, description=summary, example="\n".join(f"  {example}" for example in examples)
    )
    for each in arguments:
        each.add_to(parser)
    return parser


def make_call(
    call: Callable[[Context, Namespace], Any], args: Namespace, namespace: Mapping[str, Any]
) -> Any:
    """Make a call in the current workspace, with its progress below the cell."""
    from llmops_magics.command.operation import Context
    from llmops_magics.command.progress import CaseProgress
    from llmops_magics.workspace import current_workspace

    workspace = current_workspace()
    with CaseProgress(sys.stdout, is_shown=is_watched()) as progress:
        return call(Context(workspace=workspace, namespace=namespace, progress=progress), args)


class OperationMagic:
    """The operations of one module's ``OPERATIONS``, imported when one is first asked for."""

    def __init__(self, name: str, module: str, *, first_steps: Sequence[str]) -> None:
        self.name = f"%{name}"
        self._module = module
        self._first_steps = first_steps  # whose examples stand on the page of all operations

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        operations: Mapping[str, Operation] = import_module(self._module).OPERATIONS
        return operations

    @cache  # noqa: B019 -- one object a magic, for the life of the process
    def parser(self, operation: str) -> MagicParser:
        """Return the parser of one operation."""
        found = self.operations[operation]
        return line_parser(
            f"{self.name} {operation}",
            summary=found.summary,
            arguments=found.arguments,
            examples=[f"{self.name} {found.example}"],
        )

    def help(self) -> str:
        """Return the page that names every operation."""
        width = max(map(len, self.operations))
        lines = [f"  {name:<{width}}  {each.summary}" for name, each in self.operations.items()]
        examples = [f"  {self.name} {self.operations[name].example}" for name in self._first_steps]
        return "\n".join(
            [
                f"usage: {self.name} OPERATION ...",
                "",
                *lines,
                "",
                f"{self.name} OPERATION --help shows its arguments.",
                "",
                "examples:",
                *examples,
            ]
        )

    def run(self, line: str, namespace: Mapping[str, Any]) -> Any:
        """Parse a line and make the call; the record that comes back shows itself."""
        word, _, rest = line.strip().partition(" ")
        if word in ("", "-h", "--help"):
            print(self.help())  # noqa: T201 -- help goes where the cell's output goes
            raise HelpShown
        if word not in self.operations:
            raise ShellUsageError(self._unknown(word))
        return self._call(word, self.parser(word).parse_line(rest), namespace)

    def call(self, operation: str, namespace: Mapping[str, Any], *words: str) -> Any:
        """Make the call that a line of these words would make."""
        return self._call(operation, self.parser(operation).parse_args(words), namespace)

    def _call(self, operation: str, args: Namespace, namespace: Mapping[str, Any]) -> Any:
        return make_call(self.operations[operation].call, args, namespace)

    def _unknown(self, word: str) -> str:
        close = difflib.get_close_matches(word, self.operations, n=1)
        meant = f" Did you mean {self.name} {close[0]}?" if close else ""
        known = ", ".join(self.operations)
        return f"{self.name}: there is no operation {word!r}.{meant} There are: {known}."
