"""What is said of a build, a refresh, a revert: what changed, and the index in use since then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from llmops_magics.record import Record
from llmops_magics.retrieval.index.manifest import IndexManifest


@dataclass(frozen=True, kw_only=True)
class IndexChange(Record):
    """A change of the index that a corpus uses.

    ``action`` is build, refresh, revert, drop or nothing; ``way`` says how the collection came
    about: ``copied`` and changed, ``written`` in full, ``there`` already, or empty. ``embedded``
    counts texts that the embedder was given, ``reused`` chunks whose vectors were there,
    ``removed`` chunks that are no more.
    """

    kind: ClassVar[str] = "index-change"

    corpus: str
    action: str
    way: str = ""
    manifest: IndexManifest
    before: IndexManifest | None = None
    embedded: int = 0
    reused: int = 0
    rewritten: int = 0
    removed: int = 0
    added_documents: int = 0
    changed_documents: int = 0
    removed_documents: int = 0
    duration_s: float = 0.0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class IndexList(Record):
    """The index in use of every corpus that has one, by name."""

    kind: ClassVar[str] = "index-list"

    indexes: tuple[IndexManifest, ...]
