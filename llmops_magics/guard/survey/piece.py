"""One text of what is scanned, and where it stands: a cell's output, a case's column, a file."""

from __future__ import annotations

from dataclasses import dataclass

from llmops_magics.guard.detector import Boundary


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A text with its place.

    ``name`` says where it stands, for a reader (``cell 3, output 1, text/html``); ``file`` is the
    file it was read from, if it was. ``has_lines`` tells whether lines of the text are lines of
    that file. ``boundary`` is the one that such a text crosses.
    """

    name: str
    text: str
    boundary: Boundary
    file: str = ""
    has_lines: bool = False


@dataclass(frozen=True, kw_only=True)
class Unread:
    """Something that should have been scanned, and why it was not.

    ``is_failure`` False is for what holds no text (a program, a picture of no known kind).
    """

    name: str
    reason: str
    is_failure: bool = True
