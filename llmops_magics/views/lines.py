"""The lines of two texts beside one another, and the changed ones in hunks.

Lines end at a line feed only, so a carriage return or another rare line end stays in its line,
where the views show it by name.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from llmops_magics.views.alignment import Stretch, align
from llmops_magics.views.words import Piece, bag, likeness, word_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Pairs of lines that are tried for likeness, in one change and in all.
CHANGE_PAIRS = 400
ALL_PAIRS = 4_000
_LEAST_LIKENESS = 0.3


class Row(NamedTuple):
    """A line of each text by index, None where one has none; ``same`` when they are equal."""

    same: bool
    old: int | None
    new: int | None


class LineDifference:
    """Two texts line by line. ``added`` and ``removed`` count lines; a changed one is both."""

    def __init__(self, before: str, after: str) -> None:
        self.old = before.split("\n") if before else []
        self.new = after.split("\n") if after else []
        self.stretches = align(self.old, self.new)
        self.removed = sum(s.b - s.a for s in self.stretches if not s.same)
        self.added = sum(s.d - s.c for s in self.stretches if not s.same)
        self._pieces: dict[tuple[int, int], list[Piece]] = {}

    def pieces(self, old: int, new: int) -> list[Piece]:
        """Compare a line of each text word by word."""
        key = (old, new)
        if key not in self._pieces:
            self._pieces[key] = word_pieces(self.old[old], self.new[new])
        return self._pieces[key]

    @cached_property
    def rows(self) -> list[Row]:
        """All lines, each changed one beside the line it came from, if there is one like it."""
        rows: list[Row] = []
        pairs = ALL_PAIRS
        for stretch in self.stretches:
            if stretch.same:
                rows += [
                    Row(same=True, old=stretch.a + k, new=stretch.c + k)
                    for k in range(stretch.b - stretch.a)
                ]
                continue
            tried = (stretch.b - stretch.a) * (stretch.d - stretch.c)
            if 1 < tried <= min(CHANGE_PAIRS, pairs):
                pairs -= tried
                rows += _paired_by_likeness(self.old, self.new, stretch)
            else:
                rows += _paired_by_turn(stretch.a, stretch.b, stretch.c, stretch.d)
        return rows

    def hunks(self, context: int) -> Iterator[list[Stretch]]:
        """Group the changes with ``context`` lines of unchanged text before and after them."""
        group: list[Stretch] = []
        for same, a, b, c, d in self.stretches:
            if not same:
                group.append(Stretch(same=False, a=a, b=b, c=c, d=d))
                continue
            if not group:
                start = max(a, b - context)
                group = [Stretch(same=True, a=start, b=b, c=d - (b - start), d=d)]
            elif b - a <= 2 * context:
                group.append(Stretch(same=True, a=a, b=b, c=c, d=d))
            else:
                group.append(Stretch(same=True, a=a, b=a + context, c=c, d=c + context))
                yield group
                group = [Stretch(same=True, a=b - context, b=b, c=d - context, d=d)]
        if any(not stretch.same for stretch in group):
            last = group[-1]
            if last.same:
                end = min(last.b, last.a + context)
                group[-1] = last._replace(b=end, d=last.c + end - last.a)
            yield group


def shown_rows(rows: Sequence[Row], context: int) -> Iterator[Row | int]:
    """Yield the changed rows with those near them, and in place of others how many they are."""
    near = [False] * len(rows)
    for index, row in enumerate(rows):
        if not row.same:
            start, end = max(0, index - context), min(len(rows), index + context + 1)
            near[start:end] = [True] * (end - start)
    hidden = 0
    for row, is_near in zip(rows, near, strict=True):
        if not is_near:
            hidden += 1
            continue
        if hidden:
            yield hidden
            hidden = 0
        yield row
    if hidden:
        yield hidden


def _paired_by_turn(a: int, b: int, c: int, d: int) -> list[Row]:
    size = max(b - a, d - c)
    return [
        Row(
            same=False,
            old=a + k if a + k < b else None,
            new=c + k if c + k < d else None,
        )
        for k in range(size)
    ]


def _paired_by_likeness(old: Sequence[str], new: Sequence[str], stretch: Stretch) -> Iterator[Row]:
    """Put like lines beside one another, in order, so that their likeness adds up to the most."""
    _, a, b, c, d = stretch
    before, after = [bag(line) for line in old[a:b]], [bag(line) for line in new[c:d]]
    best = _likeness_table(before, after)
    i = j = 0  # the next lines; waiting are those since the last pair
    since_i = since_j = 0
    while i < len(before) and j < len(after):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            yield from _paired_by_turn(a + since_i, a + i, c + since_j, c + j)
            yield Row(same=False, old=a + i, new=c + j)
            i, j = i + 1, j + 1
            since_i, since_j = i, j
    yield from _paired_by_turn(a + since_i, b, c + since_j, d)


def _likeness_table(
    before: Sequence[frozenset[str]], after: Sequence[frozenset[str]]
) -> list[list[float]]:
    """Return the most likeness that the lines from each (i, j) on can reach in order."""
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in range(len(before) - 1, -1, -1):
        for j in range(len(after) - 1, -1, -1):
            here = likeness(before[i], after[j])
            together = here + best[i + 1][j + 1] if here >= _LEAST_LIKENESS else 0.0
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    return best
