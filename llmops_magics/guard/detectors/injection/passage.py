"""A long text as passages, so that one hostile line in a long letter is not averaged out.

A passage is a run of whole sentences, ``LENGTH`` characters or a little more; each begins where
the one before is half over. Where there is no sentence end for long, the text is cut. A very long
text has longer passages, which do not overlap: their number, and with it the time, stays bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

LENGTH: Final = 280
_MOST: Final = 300
_PIECE: Final = re.compile(
    r"[^.!?\n\u3002\uff01\uff1f\u0964]{1,240}[.!?\n\u3002\uff01\uff1f\u0964]{0,8}|[.!?\n\u3002\uff01\uff1f\u0964]{1,240}"
)


def passages(text: str) -> Iterator[tuple[int, int]]:
    """Return the start and end of each passage; none for a text that is one passage itself."""
    if len(text) <= LENGTH * 1.25:
        return
    length = max(LENGTH, len(text) // _MOST)
    pieces = [match.span() for match in _PIECE.finditer(text)]
    first = 0
    while first < len(pieces):
        start, end = pieces[first]
        last = first
        half = first + 1
        while last + 1 < len(pieces) and end - start < length:
            last += 1
            end = pieces[last][1]
            if end - start <= length // 2 or length > LENGTH:
                half = last + 1
        yield start, end
        if last + 1 >= len(pieces):
            return
        first = half
