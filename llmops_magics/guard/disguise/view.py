"""A text as it reads once a disguise is off, and the way back to the characters that were written.

A view knows its parent and which part of it each of its own parts came from, so a finding in the
third decoding of a text is shown where it stands in the text itself.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_CUT: Final = "\n\n"  # stands for what is left out between two edits
_SHORT: Final = 8
_MOST_SHORT: Final = 4_096


class Edit(NamedTuple):
    """Read ``new`` in place of the characters from ``start`` to ``end``."""

    start: int
    end: int
    new: str
    is_reversed: bool = False


class _Places:
    """Part by part, where a view begins and which characters of the parent it was made of.

    A part that is as long as what it was made of is mapped character by character, from its end if
    ``start`` is behind ``end``; any other as a whole: which letter of a base64 text a decoded word
    came from is nobody's question.
    """

    def __init__(self, parts: list[int]) -> None:
        """Take three numbers a part: where it begins, and the first and last it was made of."""
        self.at, self.start, self.end = (array("q", parts[column::3]) for column in range(3))

    def parent(self, start: int, end: int, length: int) -> tuple[int, int]:
        """Return the parent's characters that a stretch of the view was made of."""
        first = max(bisect_right(self.at, start) - 1, 0)
        last = max(bisect_right(self.at, max(start, end - 1)) - 1, 0)
        one = self._of_part(first, start, min(end, self._following(first, length)), length)
        two = self._of_part(last, max(start, self.at[last]), end, length)
        return min(one[0], two[0]), max(one[1], two[1])

    def _of_part(self, part: int, start: int, end: int, length: int) -> tuple[int, int]:
        """Return what a stretch within one part was made of."""
        begin, finish, at = self.start[part], self.end[part], self.at[part]
        if self._following(part, length) - at != abs(finish - begin):
            return begin, finish
        if finish < begin:  # written backwards
            return begin - (end - at), begin - (start - at)
        return begin + start - at, begin + end - at

    def _following(self, part: int, length: int) -> int:
        return self.at[part + 1] if part + 1 < len(self.at) else length


@dataclass(frozen=True)
class TextView:
    """One reading of a text. ``how`` names what was taken off, outermost first; () is nothing."""

    text: str
    how: tuple[str, ...] = ()
    _parent: TextView | None = field(default=None, repr=False, compare=False)
    _places: _Places | None = field(default=None, repr=False, compare=False)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the characters of the original text that this stretch of the view stands for."""
        if self._places is not None and self._places.at:
            start, end = self._places.parent(start, end, len(self.text))
        return self._parent.original(start, end) if self._parent else (start, end)


def replaced(runs: re.Pattern[str], text: str, table: Mapping[int, str | None]) -> Iterator[Edit]:
    """Yield an edit for each run of characters, which are read as the table says."""
    short: dict[str, str] = {}  # most runs are one or two characters, and come again
    for match in runs.finditer(text):
        run = match[0]
        new = short.get(run)
        if new is None:
            new = run.translate(table)
            if len(run) <= _SHORT and len(short) < _MOST_SHORT:
                short[run] = new
        yield Edit(match.start(), match.end(), new)


def same_length(parent: TextView, text: str, *how: str) -> TextView:
    """Return a view that differs from its parent in characters but not in their places."""
    return TextView(text, parent.how + how, parent)


def rewritten(
    parent: TextView, edits: Iterable[Edit], *how: str, margin: int | None = None
) -> TextView:
    """Return the parent's text with edits made, which are in order and do not overlap.

    With a ``margin``, only so many characters of the text beside each edit are kept: what is far
    from a disguise was read in the parent already.
    """
    pieces: list[str] = []
    parts: list[int] = []
    keep, add = pieces.append, parts.extend
    text, length, position = parent.text, 0, 0
    for start, end, new, is_reversed in edits:
        if margin is None or start - position <= margin:
            kept = [(position, start)]
        else:
            kept = _kept(position, start, margin)
        for begin, finish in kept:
            if 0 < position < begin:  # something was left out
                keep(_CUT)
                add((length, position, begin))
                length += len(_CUT)
            if finish > begin:
                keep(text[begin:finish])
                add((length, begin, finish))
                length += finish - begin
        if new:
            keep(new)
            add((length, end, start) if is_reversed else (length, start, end))
            length += len(new)
        position = end
    tail = len(text) if margin is None else min(len(text), position + margin)
    if tail > position:
        keep(text[position:tail])
        add((length, position, tail))
    return TextView("".join(pieces), parent.how + how, parent, _Places(parts))


def _kept(start: int, end: int, margin: int) -> list[tuple[int, int]]:
    """Return the stretches between two edits that are kept; before the first one is no edit."""
    if start == 0:
        return [(max(0, end - margin), end)]
    if end - start <= 2 * margin:
        return [(start, end)]
    return [(start, start + margin), (end - margin, end)]
