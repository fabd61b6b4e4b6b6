"""Cases that are there twice: exactly, once normalised, or nearly.

Near means a Jaccard index of at least 0.8 over shingles of five characters of all inputs. Pairs
are found by MinHash and locality-sensitive hashing (16 bands of 4): a pair at the threshold is
found with probability 0.9998, and each pair reported was then compared itself. Time and memory
grow with the number of cases, not with its square; where a limit cut the search, the result says
so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_magics.datasets.case import Case
from llmops_magics.datasets.shingle import PERMUTATIONS, signatures, similarity, text_of
from llmops_magics.record import canonical_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from llmops_magics.datasets.shingle import Signatures

THRESHOLD = 0.8
MAX_COMPARISONS = 200_000
_ROWS = 4  # of a band
_SMALL_BUCKET = 16  # in a larger one each text is compared with its neighbour and the first only
_MARGIN = 0.2  # below the threshold, of an estimate that is still compared: 4 standard errors


@dataclass(frozen=True, kw_only=True)
class ExactGroup:
    """Cases whose inputs are the same; ``conflicting`` if they expect different things."""

    ids: tuple[str, ...]
    conflicting: bool


@dataclass(frozen=True, kw_only=True)
class NearPair:
    """Two cases that are nearly the same, and their Jaccard index."""

    first: str
    second: str
    similarity: float


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """What was found. ``is_complete`` is False where the limit on comparisons was reached.

    ``near`` links the cases of a cluster without naming each of its pairs.
    """

    exact: tuple[ExactGroup, ...]
    near: tuple[NearPair, ...]
    is_complete: bool = True

    @property
    def extra(self) -> int:
        """How many cases could go without an input being lost."""
        return sum(len(group.ids) - 1 for group in self.exact)


def find_duplicates(cases: Sequence[Case], *, threshold: float = THRESHOLD) -> Duplicates:
    """Find the cases that are there more than once."""
    columns = sorted({name for case in cases for name in case.inputs})
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[text_of(case.inputs, columns)].append(case)
    exact = tuple(_group(same) for same in groups.values() if len(same) > 1)
    near, is_complete = _near(list(groups), threshold)
    firsts = [same[0].id for same in groups.values()]
    pairs = tuple(
        NearPair(first=firsts[a], second=firsts[b], similarity=round(value, 4))
        for a, b, value in near
    )
    return Duplicates(exact=exact, near=pairs, is_complete=is_complete)


def _group(same: Sequence[Case]) -> ExactGroup:
    expected = {canonical_json(case.expected) for case in same if case.expected is not None}
    return ExactGroup(ids=tuple(case.id for case in same), conflicting=len(expected) > 1)


def _near(texts: Sequence[str], threshold: float) -> tuple[list[tuple[int, int, float]], bool]:
    """Return the links between similar texts, by index, and whether the search was complete."""
    if len(texts) < 2:
        return [], True
    found: list[tuple[int, int, float]] = []
    clusters = _Clusters(len(texts))
    compared = 0
    for a, b in _candidates(signatures(texts), threshold):
        if clusters.of(a) == clusters.of(b):
            continue
        if compared == MAX_COMPARISONS:
            return sorted(found), False
        compared += 1
        value = similarity(texts[a], texts[b])
        if value >= threshold:
            clusters.join(a, b)
            found.append((a, b, value))
    return sorted(found), True


def _candidates(signed: Signatures, threshold: float) -> Iterator[tuple[int, int]]:
    """Yield pairs that share a band and whose signatures agree nearly enough."""
    import numpy as np

    seen: set[tuple[int, int]] = set()
    for band in range(0, PERMUTATIONS, _ROWS):
        pairs = _bucket_pairs(np.ascontiguousarray(signed[:, band : band + _ROWS]))
        for start in range(0, len(pairs), 100_000):
            block = pairs[start : start + 100_000]
            agree = (signed[block[:, 0]] == signed[block[:, 1]]).mean(axis=1)
            for a, b in block[agree >= threshold - _MARGIN].tolist():
                if (a, b) not in seen and len(seen) <= 2 * MAX_COMPARISONS:
                    seen.add((a, b))
                    yield a, b


def _bucket_pairs(keys: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Return pairs of rows with equal keys: all of a small bucket, a chain and a star of others."""
    import numpy as np

    packed = keys.view([("", keys.dtype)] * keys.shape[1]).ravel()
    order = np.argsort(packed, kind="stable")
    ordered = keys[order]
    is_new = np.concatenate(([True], (ordered[1:] != ordered[:-1]).any(axis=1)))
    bucket = np.cumsum(is_new) - 1
    first = np.flatnonzero(is_new)[bucket]
    size = np.bincount(bucket)[bucket]
    found = []
    for gap in range(1, min(_SMALL_BUCKET, len(order))):
        is_pair = bucket[gap:] == bucket[:-gap]
        if gap > 1:
            is_pair &= size[gap:] <= _SMALL_BUCKET
        at = np.flatnonzero(is_pair)
        found.append(np.stack([order[at], order[at + gap]], axis=1))
    large = np.flatnonzero((size > _SMALL_BUCKET) & (first != np.arange(len(order))))
    found.append(np.stack([order[first[large]], order[large]], axis=1))
    pairs: NDArray[np.intp] = np.sort(np.concatenate(found), axis=1)
    return pairs


class _Clusters:
    """Disjoint sets of indices (union-find with path halving)."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def of(self, index: int) -> int:
        parent = self._parent
        while parent[index] != index:
            parent[index] = index = parent[parent[index]]
        return index

    def join(self, one: int, other: int) -> None:
        self._parent[self.of(other)] = self.of(one)
