"""``tokens`` and ``whole``: windows of a fixed number of tokens, and no cut at all."""

from __future__ import annotations

from llmops_magics.record import digest
from llmops_magics.retrieval.chunking.chunker import Spans
from llmops_magics.retrieval.chunking.size import Size
from llmops_magics.retrieval.chunking.tokenizer import Tokenizer


class TokenChunker:
    """Windows of exactly ``size.tokens`` tokens, the last one shorter, wherever they cut."""

    def __init__(self, size: Size, tokenizer: Tokenizer) -> None:
        self.size = size
        self.tokenizer = tokenizer
        self.name = f"tokens:{size}"
        self.fingerprint = digest([self.name, tokenizer.fingerprint])

    def split(self, text: str) -> Spans:
        """Return windows that begin every ``tokens - overlap`` tokens, until one has the last."""
        places = self.tokenizer.offsets(text)
        step, width = self.size.tokens - self.size.overlap, self.size.tokens
        starts = range(0, max(1, len(places) - self.size.overlap), step) if places else ()
        windows = (places[start : start + width] for start in starts)
        return [(window[0][0], window[-1][1]) for window in windows]


class WholeChunker:
    """One chunk a document: for documents that are passages already."""

    name = "whole"
    fingerprint = digest(["whole"])

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    def split(self, text: str) -> Spans:
        """Return the whole text, unless it is blank."""
        return [(0, len(text))] if text.strip() else []
