"""Two sequences laid side by side: what stayed, what changed into what, what came and went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")
EQUAL = 2.0
PAIRED = 0.1  # better to call it a change than a removal and an addition


class Slot(NamedTuple):
    """A position before and one after; None where there is none."""

    before: int | None
    after: int | None


def align(
    before: Sequence[T], after: Sequence[T], likeness: Callable[[T, T], float | None]
) -> list[Slot]:
    """Return the alignment with the largest sum of likenesses, in order.

    ``likeness`` of two unequal items lies between 0 and 1, or is None where one cannot have become
    the other. Equal items count 2. Each position stands in one slot. Time and memory go with the
    product of the two lengths, less what begins and ends alike.

    Source: Needleman and Wunsch (1970), J. Mol. Biol. 48:443-453, with no cost for gaps.
    """
    head = _common(before, after)
    most = min(len(before), len(after)) - head
    tail = min(_common(before[::-1], after[::-1]), most)
    inner = _align(before[head : len(before) - tail], after[head : len(after) - tail], likeness)
    return [
        *(Slot(k, k) for k in range(head)),
        *(Slot(*(None if k is None else k + head for k in slot)) for slot in inner),
        *(Slot(len(before) - k, len(after) - k) for k in range(tail, 0, -1)),
    ]


def share_of_words(one: str, other: str) -> float:
    """Return the share of the words of two texts that both have (Jaccard's index)."""
    left, right = set(one.lower().split()), set(other.lower().split())
    return len(left & right) / len(left | right) if left | right else 1.0


def _common(before: Sequence[T], after: Sequence[T]) -> int:
    count = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        count += 1
    return count


def _align(
    before: Sequence[T], after: Sequence[T], likeness: Callable[[T, T], float | None]
) -> list[Slot]:
    gains = [[_gain(one, other, likeness) for other in after] for one in before]
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in range(len(before) - 1, -1, -1):
        for j in range(len(after) - 1, -1, -1):
            paired = gains[i][j] + best[i + 1][j + 1]
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    slots, i, j = [], 0, 0
    while i < len(before) and j < len(after):
        if gains[i][j] > 0 and best[i][j] == gains[i][j] + best[i + 1][j + 1]:
            slots.append(Slot(i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            slots.append(Slot(i, None))
            i += 1
        else:
            slots.append(Slot(None, j))
            j += 1
    rest = [Slot(k, None) for k in range(i, len(before))]
    return [*slots, *rest, *(Slot(None, k) for k in range(j, len(after)))]


def _gain(one: T, other: T, likeness: Callable[[T, T], float | None]) -> float:
    if one == other:
        return EQUAL
    alike = likeness(one, other)
    return -1.0 if alike is None else PAIRED + alike
