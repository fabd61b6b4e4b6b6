"""One operation, said once: its arguments, an example, and the one call it makes.

``%prompt log NAME`` and ``llmops prompt log NAME`` are the same operation behind two parsers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmops_magics.workspace import Workspace

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Argument:
    """An argument of ``argparse``; ``complete`` says what its value is, for completion.

    It is one of the kinds in ``magics.candidate``, or empty where anything may stand.
    """

    flags: tuple[str, ...]
    complete: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Add the argument to a parser."""
        parser.add_argument(*self.flags, **self.options)

    @property
    def is_option(self) -> bool:
        """Tell an option from a positional argument."""
        return self.flags[0].startswith("-")


def argument(*flags: str, complete: str = "", **options: Any) -> Argument:
    """Build an argument as ``add_argument`` takes it."""
    return Argument(flags, complete, options)


@dataclass(frozen=True, kw_only=True)
class Context:
    """Where an operation runs: ``namespace`` are the notebook's variables, if there is one."""

    workspace: Workspace
    namespace: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress | None = None


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A named operation; ``call`` returns a record that can show itself."""

    name: str
    summary: str
    example: str  # what stands behind `%prompt` or `llmops prompt`
    call: Callable[[Context, argparse.Namespace], Any]
    arguments: tuple[Argument, ...] = ()
    exit_code: Callable[[Any], int] = lambda _record: 0

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add every argument to a parser."""
        for each in self.arguments:
            each.add_to(parser)
