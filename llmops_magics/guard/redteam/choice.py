"""Choose by a seed, the same on every machine and in every version of Python.

``random`` promises no such thing for all its methods; a hash does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


def number_of(*key: object) -> int:
    """Return a number of 256 bits that the key alone decides."""
    return int.from_bytes(sha256("\x1f".join(map(str, key)).encode()).digest(), "big")


def choose(options: Sequence[T], *key: object) -> T:
    """Return one of the options."""
    return options[number_of(*key) % len(options)]


def shuffled(items: Iterable[T], *key: object) -> list[T]:
    """Return the items in an order that the key decides; each by its ``str``."""
    return sorted(items, key=lambda item: number_of(*key, item))


def word(*key: object, syllables: int = 3) -> str:
    """Return a word in capitals that no language has a use for."""
    number, letters = number_of("word", *key), []
    for _ in range(syllables):
        number, consonant = divmod(number, len(_CONSONANTS))
        number, vowel = divmod(number, len(_VOWELS))
        letters += [_CONSONANTS[consonant], _VOWELS[vowel]]
    return "".join(letters).upper()


def digits(*key: object, count: int = 4) -> str:
    """Return digits, the first of them no 0."""
    low = 10 ** (count - 1)
    return str(low + number_of("digits", *key) % (9 * low))
