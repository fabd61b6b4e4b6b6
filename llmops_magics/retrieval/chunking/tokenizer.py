"""What counts a chunk's tokens: the embedder's own tokenizer where it has one.

An endpoint does not tell its tokenizer, so its texts are counted by their bytes; which of both it
was is part of a chunker's fingerprint.
"""

from __future__ import annotations

from typing import Any, Protocol, cast

BYTES_A_TOKEN = 4


class Tokenizer(Protocol):
    """Counts tokens. ``special_tokens`` is what the model adds to every text."""

    name: str
    fingerprint: str
    special_tokens: int

    def count(self, text: str) -> int:
        """Return the number of tokens, 0 for a text of blanks."""
        ...

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Return where each token begins and ends in ``text``, in order, blanks left out."""
        ...


class ByteTokenizer:
    """A token for every four bytes of UTF-8, word by word: near the truth for English prose."""

    name = "bytes/4"
    fingerprint = "bytes/4/words"
    special_tokens = 2

    def count(self, text: str) -> int:
        """Return the number of tokens: four bytes each, a word's last one perhaps fewer."""
        words = text.split()
        if text.isascii():
            return sum(-(-len(word) // BYTES_A_TOKEN) for word in words)
        return sum(-(-len(word.encode()) // BYTES_A_TOKEN) for word in words)

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Return the places: as many characters of a word as fit into four bytes, at least one."""
        found: list[tuple[int, int]] = []
        start = used = 0
        for place, character in enumerate(text):
            size = len(character.encode())
            if place > start and (character.isspace() or used + size > BYTES_A_TOKEN):
                found.append((start, place))
                start, used = place, 0
            if character.isspace():
                start = place + 1
            else:
                used += size
        return [*found, (start, len(text))] if start < len(text) else found


BYTES = ByteTokenizer()


def tokenizer_of(embedder: Any) -> Tokenizer:
    """Return the ``tokenizer`` of an embedder, else the one that goes by bytes."""
    return cast("Tokenizer", getattr(embedder, "tokenizer", None) or BYTES)
