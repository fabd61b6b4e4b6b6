"""Argument parsers for magics: ``--help``, quotes, and errors as one red line.

IPython's own ``parse_argstring`` has no ``--help`` and keeps the quotes of quoted words.
"""

from __future__ import annotations

import argparse
import shlex
from typing import NoReturn

from IPython.core.error import UsageError as ShellUsageError


class HelpShown(Exception):  # noqa: N818 -- not an error: the user asked for help
    """``--help`` was given and has been printed."""


class MagicParser(argparse.ArgumentParser):
    """An ``argparse`` parser that neither exits nor prints tracebacks."""

    def __init__(self, magic: str, *, description: str, example: str) -> None:
        super().__init__(
            prog=magic,
            description=description,
            epilog=f"example:\n{example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            add_help=False,
            allow_abbrev=False,
        )
        self.add_argument("--help", "-h", action="store_true", help="show this help")
        self.add_argument("--traceback", action="store_true", help="show where an error comes from")

    def parse_line(self, line: str) -> argparse.Namespace:
        """Parse a magic's line; raises IPython's ``UsageError``, and ``HelpShown``."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise ShellUsageError(f"{self.prog}: {str(error).lower()}: {line!r}") from None
        if "--help" in words or "-h" in words:
            print(self.format_help())  # noqa: T201 -- help goes where the cell's output goes
            raise HelpShown
        return self.parse_args(words)

    def error(self, message: str) -> NoReturn:
        """Raise one line instead of exiting."""
        raise ShellUsageError(f"{self.prog}: {message}. See {self.prog} --help.")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Raise instead of exiting."""
        raise ShellUsageError(f"{self.prog}: {message or status}")

    @property
    def options(self) -> tuple[str, ...]:
        """Every option, for completion."""
        return tuple(sorted(s for a in self._actions for s in a.option_strings if len(s) > 2))
