"""How much a table may say: the less of each text the more rows there are, and an end to all."""

from __future__ import annotations

LEAST_CHARACTERS, MOST_CHARACTERS = 200, 4_000  # of one text
_TEXTS_A_ROW = 6  # input, context, expectation, answer, the baseline's, a reason


class Room:
    """The bytes of HTML that a table may take; ``text`` is the most characters of one text."""

    def __init__(self, size_bytes: int, *, rows: int) -> None:
        self._left = size_bytes
        share = size_bytes // (max(rows, 1) * _TEXTS_A_ROW * 2)  # markup takes as much again
        self.text = min(max(share, LEAST_CHARACTERS), MOST_CHARACTERS)

    def takes(self, row: str) -> bool:
        """Take a row if there is room for it."""
        self._left -= len(row.encode(errors="replace"))
        return self._left >= 0
