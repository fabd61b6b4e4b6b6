"""What a question finds: one document with its place in the ranking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A document that was retrieved. ``score`` is cosine similarity; ``rank`` counts from 1."""

    document_id: str
    title: str
    text: str
    score: float
    rank: int
