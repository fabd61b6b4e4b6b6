"""Texts as sets of shingles, and signatures by which similar ones are found without comparing all.

A shingle is five characters in a row of the normalised text. The similarity of two texts is the
Jaccard index of their sets, ``|A and B| / |A or B|``. A MinHash signature (Broder 1997) holds, for
each of 64 hash functions, the least hash of any shingle: two signatures agree in a place with just
that probability.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signatures = NDArray[np.uint32]  # one row a text, PERMUTATIONS columns

SHINGLE = 5
PERMUTATIONS = 64
MAX_CHARS = 4_000  # of a text: what lies behind is not compared
_BLOCK = 500_000  # shingles at once, so that memory does not grow with the texts
_SEED = 20_261_123
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def normalise(text: str) -> str:
    """Return a text as it is compared: NFKC, case folded, white space collapsed."""
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return " ".join(text.casefold().split())


def text_of(inputs: Mapping[str, Any], columns: Iterable[str]) -> str:
    """Return the normalised text of some inputs, in the order of the columns."""
    return "\n".join(
        normalise(value if isinstance(value, str) else json.dumps(value, sort_keys=True))
        for value in (inputs[name] for name in columns if name in inputs)
        if value is not None
    )


def similarity(one: str, other: str) -> float:
    """Return the Jaccard index of the shingles of two normalised texts, from 0 to 1."""
    first, second = _shingles(one), _shingles(other)
    return len(first & second) / len(first | second)


def signatures(texts: Sequence[str]) -> Signatures:
    """Return the MinHash signature of each normalised text."""
    import numpy as np

    random = np.random.default_rng(_SEED)
    factors = random.integers(0, 2**31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    offsets = random.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
    found = np.empty((len(texts), PERMUTATIONS), dtype=np.uint32)
    for start, end in _blocks(texts):
        hashes, starts = _hashes([text[:MAX_CHARS] for text in texts[start:end]])
        for place in range(PERMUTATIONS):
            mixed = hashes * factors[place] + offsets[place]
            found[start:end, place] = np.minimum.reduceat(mixed, starts)
    return found


def _shingles(text: str) -> set[str]:
    text = text[:MAX_CHARS]
    return {text[i : i + SHINGLE] for i in range(max(1, len(text) - SHINGLE + 1))}


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = size = 0
    for end, text in enumerate(texts, 1):
        size += min(len(text), MAX_CHARS) + SHINGLE
        if size >= _BLOCK or end == len(texts):
            yield start, end
            start, size = end, 0


def _hashes(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Return a hash of each shingle of all texts in one row, and where each text's begin."""
    import numpy as np

    padded = [text.ljust(SHINGLE, "\0") for text in texts]
    lengths = np.array([len(text) for text in padded], dtype=np.intp)
    joined = "".join(padded).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, dtype=np.uint32)
    windows = np.zeros(len(codes) - SHINGLE + 1, dtype=np.uint32)
    for place in range(SHINGLE):
        windows = windows * np.uint32(0x01000193) + codes[place : place + len(windows)]
    windows ^= windows >> np.uint32(16)
    windows *= np.uint32(0x85EBCA6B)
    windows ^= windows >> np.uint32(13)
    windows *= np.uint32(0xC2B2AE35)
    windows ^= windows >> np.uint32(16)
    ends = np.cumsum(lengths)
    is_inside = np.ones(len(windows), dtype=bool)
    for back in range(1, SHINGLE):  # windows that reach into the next text
        is_inside[(ends - back)[ends - back < len(windows)]] = False
    counts = lengths - SHINGLE + 1
    starts = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.intp)
    return windows[is_inside], starts
