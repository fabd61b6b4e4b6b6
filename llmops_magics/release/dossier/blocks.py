"""Digests of a file's blocks, which lead from "the file was changed" to the byte that was.

A file's own digest says that it is whole; these only say where it is not, so half of a digest's
digits is enough. Within a block that differs the byte is found by trying: a single changed byte
has at most 1024 x 255 possibilities, less than a second of work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

BLOCK_BYTES: Final = 1024
DIGITS: Final = 32  # hexadecimal, of SHA-256
# Changes of one bit first: what a disk does, and 1/32 of the work.
_CHANGES: Final = (*(1 << bit for bit in range(8)), *(c for c in range(1, 256) if c & (c - 1)))


class Wrong(NamedTuple):
    """The first wrong byte; with ``until`` it is somewhere before that."""

    offset: int
    until: int | None
    what: str


def block_digests(content: bytes) -> list[str]:
    """Return the shortened SHA-256 of each block of 1024 bytes, the last one's of what is left."""
    return [_short(block) for block in _blocks(content)]


def first_wrong(content: bytes, digests: Sequence[str], size: int) -> Wrong | None:
    """Return where ``content`` first is not what had these block digests and this size (bytes)."""
    for index, expected in enumerate(digests):
        start, end = index * BLOCK_BYTES, min((index + 1) * BLOCK_BYTES, size)
        block = content[start:end]
        if len(block) < end - start:
            return _cut(content, start, size, is_whole=not block)
        if _short(block) != expected:
            return _within(block, expected, start, len(content), size)
    if len(content) > size:
        more = len(content) - size
        return Wrong(
            size, None, f"{more} byte{'s were' if more > 1 else ' was'} added behind its {size}"
        )
    return None


def _cut(content: bytes, start: int, size: int, *, is_whole: bool) -> Wrong:
    what = f"it was cut: {len(content)} of {size} bytes are there"
    return Wrong(start, None, what) if is_whole else Wrong(start, len(content) + 1, what)


def _within(block: bytes, expected: str, start: int, length: int, size: int) -> Wrong:
    """Find the one byte that makes the block right; else say that it lies in the block."""
    sizes = "" if length == size else f" (the file has {length} bytes, it had {size})"
    found = _single_change(block, expected)
    if found is None:
        return Wrong(start, start + len(block), f"it was changed{sizes}")
    place, was = found
    what = f"it is 0x{block[place]:02x} and was 0x{was:02x}{sizes}"
    return Wrong(start + place, None, what)


def _single_change(block: bytes, expected: str) -> tuple[int, int] | None:
    """Return the place of a single changed byte and what it was; None where it is not so."""
    return _search(block, expected, _CHANGES[:8]) or _search(block, expected, _CHANGES[8:])


def _search(block: bytes, expected: str, changes: Iterable[int]) -> tuple[int, int] | None:
    changes, wanted = tuple(changes), bytes.fromhex(expected)
    before = hashlib.sha256()
    for place, now in enumerate(block):
        rest = block[place + 1 :]
        for change in changes:
            tried = before.copy()
            tried.update(bytes((now ^ change,)) + rest)
            if tried.digest()[: DIGITS // 2] == wanted:
                return place, now ^ change
        before.update(bytes((now,)))
    return None


def _blocks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), BLOCK_BYTES):
        yield content[start : start + BLOCK_BYTES]


def _short(block: bytes) -> str:
    return hashlib.sha256(block).hexdigest()[:DIGITS]
