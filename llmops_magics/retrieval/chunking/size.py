"""The size of chunks: so many tokens, of which so many stand in the chunk before, too."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmops_magics.errors import RetrievalError

DEFAULT_SIZE = 200
MOST_TOKENS = 100_000
_FORM = re.compile(r"(\d{1,7})(?:/(\d{1,7})(%?))?")


@dataclass(frozen=True, kw_only=True)
class Size:
    """``tokens`` a chunk has at most, ``overlap`` of which it shares with the one before."""

    tokens: int = DEFAULT_SIZE
    overlap: int = 0

    def __str__(self) -> str:
        return f"{self.tokens}/{self.overlap}"


def parse_size(text: str) -> Size:
    """Read ``200``, ``200/20`` or ``200/10%``; nothing is 200 without overlap.

    Raises ``RetrievalError``: an overlap lies below the size.
    """
    if not text:
        return Size()
    found = _FORM.fullmatch(text.strip())
    tokens = int(found[1]) if found else 0
    overlap = int(found[2] or 0) if found else 0
    if found and found[3]:
        overlap = tokens * overlap // 100
    if not 0 < tokens <= MOST_TOKENS or overlap >= tokens:
        raise RetrievalError(
            f"{text!r} is no size of chunks.",
            hint=f"Write tokens, or tokens/overlap with less overlap, such as 200 or 200/20; at "
            f"most {MOST_TOKENS:,}.",
        )
    return Size(tokens=tokens, overlap=overlap)
