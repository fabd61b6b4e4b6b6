"""A text as hashed character and word n-grams: the columns that the linear model has weights for.

Everything is computed on whole arrays, so a text of 500 characters takes a fraction of a
millisecond, and the same text always gets the same columns, on every machine: the hash is our own
and has no seed.

- characters: n-grams of 3 to 5 of the lower-cased text, runs of white space as one blank, digits
  as 0; a character repeated more than three times counts as three;
- words: n-grams of 1 to 3, and pairs with one or two words left out between them, so that
  "ignore all the previous instructions" shares columns with "ignore any earlier instructions".

A column counts once however often it is there, and each of the two blocks has the length 1: a long
text does not score higher for being long.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

BUCKETS: Final = 1 << 18
_CHAR_SIZES: Final = (3, 4, 5)
_WORD_LENGTH: Final = 40  # characters of a word that count: a longer run is not a word
_RUN: Final = re.compile(r"(.)\1{3,}", re.DOTALL)
_BLANK: Final = re.compile(r"\s+")
_DIGIT: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]{1,3})?|[^\w\s]")

Columns: TypeAlias = NDArray[np.int64]
_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_POWERS: Final = np.cumprod(np.full(_WORD_LENGTH, _PRIME, dtype=np.uint64))
# Salts of: characters 3-5, words 1-3, pairs with a gap of 1 and 2.
_SALTS: Final = np.arange(1, 9, dtype=np.uint64) * np.uint64(0x94D049BB133111EB)


def columns(text: str) -> tuple[Columns, Columns]:
    """Return the columns of a text that are set, each once: of the characters, of the words."""
    plain = normal(text)
    return _char_columns(plain), _word_columns(plain)


def normal(text: str) -> str:
    """Return the text as n-grams see it: lower case, blanks and digits and runs made alike."""
    lower = _DIGIT.sub("0", text.lower().replace("\u2019", "'"))
    return _RUN.sub(r"\1\1\1", _BLANK.sub(" ", lower)).strip()


def _char_columns(plain: str) -> Columns:
    codes = _codes(f" {plain} ")
    if len(codes) < _CHAR_SIZES[0]:
        return np.empty(0, dtype=np.int64)
    parts = []
    grams = codes * _PRIME + np.uint64(1)
    for size in range(2, _CHAR_SIZES[-1] + 1):
        grams = (grams[:-1] ^ (grams[:-1] >> np.uint64(29))) * _MIX + codes[size - 1 :]
        if size in _CHAR_SIZES:
            parts.append(_bucket(grams, size - _CHAR_SIZES[0]))
        if len(grams) < 2:
            break
    return np.unique(np.concatenate(parts))


def _word_columns(plain: str) -> Columns:
    found = [match.span() for match in _WORD.finditer(plain)]
    if not found:
        return np.empty(0, dtype=np.int64)
    words = _word_hashes(_codes(plain), np.array(found, dtype=np.int64))
    parts = [_bucket(words, 3)]
    pairs = ((1, 4), (2, 6), (3, 7))  # how far apart two words are, and the salt of such pairs
    parts += [
        _bucket(words[:-apart] * _MIX + words[apart:], salt)
        for apart, salt in pairs
        if len(words) > apart
    ]
    if len(words) > 2:
        parts.append(_bucket((words[:-2] * _MIX + words[1:-1]) * _MIX + words[2:], 5))
    return np.unique(np.concatenate(parts))


def _word_hashes(codes: NDArray[np.uint64], spans: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return one hash a word: the sum of its characters times powers of a prime."""
    lengths = np.minimum(spans[:, 1] - spans[:, 0], _WORD_LENGTH)
    first = np.cumsum(lengths) - lengths
    place = np.arange(int(lengths.sum())) - np.repeat(first, lengths)
    letters = codes[np.repeat(spans[:, 0], lengths) + place] * _POWERS[place]
    hashes: NDArray[np.uint64] = np.add.reduceat(letters, first)
    hashes ^= hashes >> np.uint64(31)
    hashes *= _MIX
    return hashes


def _codes(text: str) -> NDArray[np.uint64]:
    raw = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(raw, dtype="<u4").astype(np.uint64)


def _bucket(hashes: NDArray[np.uint64], salt: int) -> Columns:
    mixed = (hashes ^ _SALTS[salt]) * _PRIME
    mixed ^= mixed >> np.uint64(32)
    mixed *= _MIX
    found: Columns = (mixed >> np.uint64(40)).astype(np.int64) & (BUCKETS - 1)
    return found
