"""What a question finds: one chunk of a document with its place in the ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from llmops_magics.retrieval.access import PUBLIC


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A chunk that was retrieved: ``text`` is ``[start:end]`` of its document's text.

    ``rank`` counts from 1. ``score`` is what the retriever ranked by: the cosine similarity of a
    dense one, BM25 of a lexical one, the sum of reciprocal ranks of a hybrid one.
    """

    document_id: str
    chunk_id: str = ""
    title: str = ""
    text: str
    start: int = 0
    end: int | None = None  # None: to the end of the document
    score: float
    rank: int
    source: str = ""
    groups: tuple[str, ...] = (PUBLIC,)
    updated_at: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What tells it from the other passages of its index."""
        return self.chunk_id or self.document_id
