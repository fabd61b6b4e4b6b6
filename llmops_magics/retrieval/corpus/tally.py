"""What is counted of documents as they pass into a corpus."""

from __future__ import annotations

from collections import Counter

from llmops_magics.retrieval.corpus.encoding import is_encoding
from llmops_magics.retrieval.document import Document

MAX_NAMES = 100  # documents may name any number of groups


class Tally:
    """Characters, and documents by group and by the encoding they were read in."""

    def __init__(self) -> None:
        self.characters = 0
        self._groups: Counter[str] = Counter()
        self._encodings: Counter[str] = Counter()

    def count(self, document: Document) -> None:
        """Count one document."""
        self.characters += len(document.text)
        self._groups.update(document.groups)
        encoding = document.metadata.get("encoding")
        is_known = isinstance(encoding, str) and is_encoding(encoding)
        self._encodings[str(encoding) if is_known else "utf-8"] += 1

    @property
    def groups(self) -> dict[str, int]:
        """Documents by group, the largest groups first."""
        return dict(self._groups.most_common(MAX_NAMES))

    @property
    def encodings(self) -> dict[str, int]:
        """Documents by encoding, the most frequent first."""
        return dict(self._encodings.most_common(MAX_NAMES))
