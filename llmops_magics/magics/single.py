"""A line magic of a single operation: ``%llm_cost --by day``, ``%retrieval_check docs``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from IPython.core.magic import Magics, line_magic

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import line_parser, make_call

if TYPE_CHECKING:
    from llmops_magics.command.consent import Console
    from llmops_magics.command.operation import Argument, Context, Operation

Call = Callable[["Context", Namespace], Any]


class SingleMagic:
    """One operation behind a line; ``examples`` are what may stand behind the magic's name."""

    def __init__(
        self,
        name: str,
        *,
        summary: str,
        arguments: Sequence[Argument],
        examples: Sequence[str],
        call: Call,
    ) -> None:
        self.name = name
        self.parser = line_parser(
            f"%{name}",
            summary=summary,
            arguments=arguments,
            examples=[f"%{name} {example}" for example in examples],
        )
        self._call = call

    @classmethod
    def of(cls, name: str, operation: Operation, *examples: str) -> Self:
        """Return the magic of an operation; its own example comes before ``examples``."""
        first = operation.example.partition(" ")[2]  # the operation's name is the magic's
        return cls(
            name,
            summary=operation.summary,
            arguments=operation.arguments,
            examples=(first, *examples),
            call=operation.call,
        )

    def run(self, line: str, namespace: Mapping[str, Any]) -> Any:
        """Parse a line and make the call; the record that comes back shows itself."""
        return make_call(self._call, self.parser.parse_line(line), namespace)

    def method(self) -> Callable[[Magics, str], Any]:
        """Return the method for the body of a ``@magics_class``; its docstring is the help page.

        ``line_magic`` notes it for the class whose body is being executed.
        """

        def magic(magics: Magics, line: str) -> Any:
            return self.run(line, magics.shell.user_ns)

        magic.__name__ = magic.__qualname__ = self.name
        magic.__doc__ = self.parser.format_help()
        method: Callable[[Magics, str], Any] = readable(line_magic(magic))
        return method


def asking(call: Callable[[Context, Namespace, Console], Any]) -> Call:
    """Return a call that shows its plan below the cell, and asks there."""

    def asked(context: Context, args: Namespace) -> Any:
        from llmops_magics.command.consent import Console

        return call(context, args, Console(stream=sys.stdout, ask=input))

    return asked
