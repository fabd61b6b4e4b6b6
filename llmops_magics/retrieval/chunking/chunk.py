"""A chunk: a passage of a document, with the place it stands at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from llmops_magics.record import digest_bytes
from llmops_magics.retrieval.access import PUBLIC


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """``text`` is ``document.text[start:end]``, in characters; ``number`` counts from 0.

    ``id`` stays the same as long as document, text and chunker do, wherever the text moves to;
    equal texts in one document are told apart by their order. ``token_count`` is that of ``text``
    alone. The rest is the document's.
    """

    id: str
    document_id: str
    number: int
    start: int
    end: int
    text: str
    token_count: int
    title: str = ""
    groups: tuple[str, ...] = (PUBLIC,)
    source: str = ""
    updated_at: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def embedded_text(self) -> str:
        """What the chunk's vector is taken of: the document's title stands before the text."""
        return f"{self.title}. {self.text}" if self.title else self.text

    @cached_property
    def content_digest(self) -> str:
        """Digest of the embedded text: what a refresh goes by."""
        return digest_bytes(self.embedded_text.encode())


def chunk_id(document_id: str, text: str, chunker_fingerprint: str, ordinal: int) -> str:
    """Return the id of the ``ordinal``-th chunk (from 0) with this text in its document."""
    parts = (document_id, digest_bytes(text.encode()), chunker_fingerprint, str(ordinal))
    return digest_bytes("\0".join(parts).encode())
