"""Cases of a large dataset as the bytes they are stored as; each is made when it is asked for.

A hundred thousand cases take the memory of their text, not that of their objects.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from typing import overload

from llmops_magics.datasets.case import Case

HELD_CASES = 2_000  # fewer are simply kept as they are


class PackedCases(Sequence[Case]):
    """Cases from their canonical JSON, one a line."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._ends = array("Q", _ends(content))

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[Case]:
        return map(read_case, self.lines())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PackedCases) and self.content == other.content

    def __hash__(self) -> int:
        return hash(self.content)

    @overload
    def __getitem__(self, index: int) -> Case: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Case, ...]: ...
    def __getitem__(self, index: int | slice) -> Case | tuple[Case, ...]:
        if isinstance(index, slice):
            return tuple(map(self._case, range(*index.indices(len(self)))))
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(index)
        return self._case(position)

    def lines(self) -> Iterator[bytes]:
        """Yield the JSON of each case."""
        start = 0
        for end in self._ends:
            yield self.content[start:end]
            start = end + 1

    def _case(self, position: int) -> Case:
        start = self._ends[position - 1] + 1 if position else 0
        return read_case(self.content[start : self._ends[position]])


def read_case(line: bytes) -> Case:
    """Read what ``case_json`` wrote."""
    data = json.loads(line)
    data["tags"] = tuple(data["tags"])
    return Case(**data)


def _ends(content: bytes) -> Iterator[int]:
    end = content.find(b"\n")
    while end >= 0:
        yield end
        end = content.find(b"\n", end + 1)
