"""What a chunker is: it says where a text is cut, and what decides that.

A chunker returns offsets and never texts: searching a document for a chunk's text finds the first
of two equal passages twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from llmops_magics.retrieval.chunking.tokenizer import Tokenizer

Spans = Sequence[tuple[int, int]]


class Chunker(Protocol):
    """Cuts texts. Equal fingerprints mean equal cuts of every text."""

    @property
    def name(self) -> str:
        """Its spec in full, such as ``semchunk:200/0``."""
        ...

    @property
    def fingerprint(self) -> str:
        """Digest of all that decides where a text is cut: kind, parameters, tokenizer, version."""
        ...

    @property
    def tokenizer(self) -> Tokenizer:
        """What counts the tokens of its chunks."""
        ...

    def split(self, text: str) -> Spans:
        """Return start and end of each chunk in characters, ordered by start, none empty."""
        ...
