"""What there is to look up: the texts of documents in three places, and a deeper ranking.

A document has a text in the corpus (its newest version), one in the index, and one at the source,
as it is there now. Where they differ, something is stale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from llmops_magics.retrieval.passage import Passage

DEPTH: Final = 100

Ranking = Callable[[Sequence[str]], list[list[Passage]]]
"""Questions to passages, best first, as deep as ``Holdings.depth``."""


@dataclass(frozen=True, kw_only=True)
class Copies:
    """The texts of one document; None where the place does not hold it."""

    corpus: str | None
    index: str | None
    source: str | None

    @property
    def any(self) -> tuple[str, ...]:
        """The texts that there are."""
        texts = (self.corpus, self.index, self.source)
        return tuple(text for text in texts if text is not None)


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """One corpus: texts by document id, as far as they are needed.

    ``source`` is None where it was not read again, ``index`` where there is none any more. Without
    ``is_registered`` the corpus is what the index holds: the documents were handed over, and nobody
    kept them. The name is empty where nobody says which corpus it is, or it is nowhere. ``hidden``
    are documents that whoever asks may not read: nothing is told of them.
    """

    name: str
    corpus: Mapping[str, str] = field(default_factory=dict)
    index: Mapping[str, str] | None = field(default_factory=dict)
    source: Mapping[str, str] | None = None
    fingerprint: str = ""
    is_registered: bool = True
    hidden: frozenset[str] = frozenset()
    rank: Ranking | None = None
    depth: int = DEPTH

    def copies(self, document_id: str) -> Copies:
        """Return the texts of a document; of one that is nowhere all are None."""
        index = None if self.index is None else self.index.get(document_id)
        return Copies(
            corpus=self.corpus.get(document_id) if self.is_registered else index,
            index=index,
            source=None if self.source is None else self.source.get(document_id),
        )
