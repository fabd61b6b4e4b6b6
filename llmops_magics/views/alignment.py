"""Which items two sequences share, in order: near-linear, whatever the sequences hold.

Common ends are set aside first. Items that occur once on each side are then anchors (the patience
difference of Bram Cohen), and only what lies between anchors goes to ``difflib``, whose time grows
with the product of the lengths, for as long as a budget of comparisons lasts. Past it, each side's
first occurrence of an item is held against the other's first, the second against the second.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Comparisons that difflib may be given in one stretch, and in all: a few milliseconds each.
STRETCH_COMPARISONS = 2_000
ALL_COMPARISONS = 60_000
_MAX_DEPTH = 6


class Stretch(NamedTuple):
    """``old[a:b]`` and ``new[c:d]``: the same items, or what one side has for the other's."""

    same: bool
    a: int
    b: int
    c: int
    d: int


def align(old: Sequence[str], new: Sequence[str]) -> list[Stretch]:
    """Cover both sequences with stretches that are in turn the same and not."""
    search = _Search(old, new)
    search.within(0, len(old), 0, len(new), 0)
    return list(_stretches(search.pairs, len(old), len(new)))


class _Search:
    """Finds pairs of equal items that rise on both sides."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self.pairs: list[tuple[int, int]] = []
        self._old = old
        self._new = new
        self._comparisons = ALL_COMPARISONS

    def within(self, a: int, b: int, c: int, d: int, depth: int) -> None:
        """Pair the items of ``old[a:b]`` with those of ``new[c:d]``."""
        old, new = self._old, self._new
        while a < b and c < d and old[a] == new[c]:
            self.pairs.append((a, c))
            a, c = a + 1, c + 1
        tail = 0
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b, d, tail = b - 1, d - 1, tail + 1
        if a < b and c < d:
            self._middle(a, b, c, d, depth)
        self.pairs += [(b + k, d + k) for k in range(tail)]

    def _middle(self, a: int, b: int, c: int, d: int, depth: int) -> None:
        before, after = _places(self._old, a, b), _places(self._new, c, d)
        shared = [item for item in before if item in after]
        comparisons = sum(len(before[item]) * len(after[item]) for item in shared)
        if comparisons <= min(STRETCH_COMPARISONS, self._comparisons):
            self._comparisons -= comparisons
            if comparisons:
                self._compare(a, b, c, d)
            return
        once = [item for item in shared if len(before[item]) == len(after[item]) == 1]
        if once and depth < _MAX_DEPTH:
            for i, j in _rising((before[item][0], after[item][0]) for item in once):
                self.within(a, i, c, j, depth + 1)
                self.pairs.append((i, j))
                a, c = i + 1, j + 1
            self.within(a, b, c, d, depth + 1)
        else:
            by_turn = [pair for i in shared for pair in zip(before[i], after[i], strict=False)]
            self.pairs += _rising(sorted(by_turn))

    def _compare(self, a: int, b: int, c: int, d: int) -> None:
        matcher = SequenceMatcher(None, self._old[a:b], self._new[c:d], autojunk=False)
        for i, j, size in matcher.get_matching_blocks():
            self.pairs += [(a + i + k, c + j + k) for k in range(size)]


def _places(items: Sequence[str], start: int, end: int) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for index in range(start, end):
        places[items[index]].append(index)
    return places


def _rising(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest part of pairs, sorted by their first, whose second rises too."""
    tops: list[int] = []  # the smallest second that ends a rising row of each length
    ends: list[int] = []  # and which pair that is
    chain: list[tuple[tuple[int, int], int]] = []  # a pair, and the one before it in its row
    for pair in pairs:
        length = bisect_left(tops, pair[1])
        chain.append((pair, ends[length - 1] if length else -1))
        tops[length : length + 1] = [pair[1]]
        ends[length : length + 1] = [len(chain) - 1]
    found, index = [], ends[-1] if ends else -1
    while index >= 0:
        pair, index = chain[index]
        found.append(pair)
    return found[::-1]


def _stretches(pairs: list[tuple[int, int]], end: int, other_end: int) -> Iterable[Stretch]:
    a = c = 0
    index = 0
    while index < len(pairs):
        i, j = pairs[index]
        if i > a or j > c:
            yield Stretch(same=False, a=a, b=i, c=c, d=j)
        size = 1
        while index + size < len(pairs) and pairs[index + size] == (i + size, j + size):
            size += 1
        yield Stretch(same=True, a=i, b=i + size, c=j, d=j + size)
        a, c, index = i + size, j + size, index + size
    if a < end or c < other_end:
        yield Stretch(same=False, a=a, b=end, c=c, d=other_end)
