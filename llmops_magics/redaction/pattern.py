"""Patterns, and the search for them: which of them can stand in a text is told before any is tried.

Every pattern is linear on hostile input: repeats are bounded, and none stands inside another one
that could divide the same characters in two ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, TypeAlias


class Finding(NamedTuple):
    """Where something sensitive stands in a text."""

    kind: str
    start: int
    end: int


Span: TypeAlias = tuple[int, int]
Settle: TypeAlias = Callable[[re.Match[str]], Span | None]

# Where a sign may stand: the text, the text in small letters, its outline.
TEXT: Final = 0
SMALL: Final = 1
OUTLINE: Final = 2


def whole(match: re.Match[str]) -> Span:
    """Take all that a regular expression matched."""
    return match.span()


class Pattern(NamedTuple):
    """What to look for, and what must be there for it to be found at all.

    ``sign`` is a short text, looked for in one of the places above; beside it the text itself
    holds one of ``marks``, if there are any. ``settle`` says which part of a match is meant (a
    checksum, the words before it), None if none is.
    """

    kind: str
    regex: re.Pattern[str]
    sign: str
    marks: tuple[str, ...] = ()
    settle: Settle = whole
    place: int = TEXT

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where the pattern stands in a text."""
        for match in self.regex.finditer(text):
            if span := self.settle(match):
                yield span


def pattern(
    kind: str,
    sign: str,
    regex: str,
    *,
    marks: str = "",
    settle: Settle = whole,
    place: int = TEXT,
) -> Pattern:
    """Return a pattern; ``marks`` are parted by spaces."""
    return Pattern(kind, re.compile(regex), sign, tuple(marks.split()), settle, place)


class Search:
    """Looks for patterns in texts. Most hold nothing, which a look for the signs tells.

    Finding a fixed text is ten times as quick as an alternation, and as a regular expression.
    """

    def __init__(self, patterns: tuple[Pattern, ...]) -> None:
        signs = dict.fromkeys((p.place, p.sign) for p in patterns)
        ranked = list(enumerate(patterns))
        self._groups = [
            (place, sign, [(r, p) for r, p in ranked if (p.place, p.sign) == (place, sign)])
            for place, sign in signs
        ]

    def find(self, text: str) -> list[Finding]:
        """Return what is found, in order; of two that begin at once the longer one first."""
        found = [Finding(p.kind, *span) for p in self._possible(text) for span in p.spans(text)]
        return sorted(found, key=lambda f: (f.start, -f.end))

    def _possible(self, text: str) -> list[Pattern]:
        """Return the patterns that may stand in a text, in the order of their definition."""
        places = (text, text.lower(), outline(text))
        possible = []
        for place, sign, patterns in self._groups:
            if sign in places[place]:
                possible += [
                    (rank, pattern)
                    for rank, pattern in patterns
                    if not pattern.marks or any(mark in text for mark in pattern.marks)
                ]
        return [pattern for _, pattern in sorted(possible)] if possible else []


def outermost(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings, given in order, without those that stand inside an earlier one."""
    kept: list[Finding] = []
    reached = 0
    for finding in findings:
        if finding.end > reached:
            kept.append(finding)
            reached = finding.end
    return kept


_SHAPES = bytes.maketrans(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0" * 10 + b"A" * 26)
_ASCII = bytes(range(128))
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")


def outline(text: str) -> str:
    """Return a text with 0 for digits, A for capitals, and neither " " nor "-" between them."""
    if not text.isascii():  # a digit of any script is one
        foreign = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
        if _FOREIGN_DIGIT.search(foreign.decode("utf-8", "surrogatepass")):
            text = _FOREIGN_DIGIT.sub("0", text)
    return text.encode("ascii", "replace").translate(_SHAPES, b" -").decode("ascii")
