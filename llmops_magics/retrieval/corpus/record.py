"""What is said of corpora: versions, lists, differences, checks and proofs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from llmops_magics.record import Record, parse_time
from llmops_magics.retrieval.corpus import merkle


@dataclass(frozen=True, kw_only=True)
class CorpusSource:
    """Where a corpus is read from: a path, or a variable or function of a notebook by its name.

    ``kind`` is ``path``, ``table``, ``rows`` or ``function``; ``groups`` are those of documents
    that name none, ``encoding`` that of files that do not say.
    """

    kind: str
    location: str
    groups: tuple[str, ...] = ("public",)
    encoding: str = ""


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """How many files or documents were passed over for a reason, and the first few of them."""

    reason: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CorpusVersion(Record):
    """Documents as they were read once. ``fingerprint`` is their Merkle root (``merkle``).

    ``groups`` and ``encodings`` count documents; ``ledger`` is the artifact that names every
    document and where its content is. ``is_new`` is False where adding changed nothing.
    """

    kind: ClassVar[str] = "corpus-version"

    corpus: str
    number: int
    fingerprint: str
    document_count: int
    character_count: int
    source: CorpusSource
    skipped: tuple[Skipped, ...] = ()
    groups: Mapping[str, int] = field(default_factory=dict)
    encodings: Mapping[str, int] = field(default_factory=dict)
    message: str = ""
    registered_at: datetime
    actor: str
    ledger: str
    is_new: bool = field(default=False, metadata={"stored": False})

    @property
    def ref(self) -> str:
        """The reference that always means this version."""
        return f"{self.corpus}@{self.number}"


@dataclass(frozen=True, kw_only=True)
class CorpusList(Record):
    """The newest version of every corpus, by name."""

    kind: ClassVar[str] = "corpus-list"

    corpora: tuple[CorpusVersion, ...]


@dataclass(frozen=True, kw_only=True)
class CorpusLog(Record):
    """The versions of a corpus, the newest first; ``source`` is where it is read from now."""

    kind: ClassVar[str] = "corpus-log"

    corpus: str
    source: CorpusSource
    versions: tuple[CorpusVersion, ...]


@dataclass(frozen=True, kw_only=True)
class DocumentRow:
    """A document as a list shows it; ``excerpt`` is the beginning of its text."""

    id: str
    title: str
    excerpt: str
    characters: int
    groups: tuple[str, ...]
    source: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CorpusView(Record):
    """A version with its first documents; ``oldest`` and ``newest`` are times of its sources."""

    kind: ClassVar[str] = "corpus-view"

    version: CorpusVersion
    rows: tuple[DocumentRow, ...]
    version_count: int
    oldest: datetime | None = None
    newest: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CorpusDiff(Record):
    """The ids of documents that came, went and changed from one version to another, sorted."""

    kind: ClassVar[str] = "corpus-diff"

    before: str
    after: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int

    @property
    def is_same(self) -> bool:
        """Whether both hold the same documents."""
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True, kw_only=True)
class CorpusCheck(Record):
    """What the source holds now, against a version: nothing is written.

    ``fingerprint`` is that of the documents just read.
    """

    kind: ClassVar[str] = "corpus-check"

    ref: str
    source: CorpusSource
    fingerprint: str
    document_count: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int
    skipped: tuple[Skipped, ...] = ()
    checked_at: datetime

    @property
    def is_same(self) -> bool:
        """Whether the source still holds the version's documents."""
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True, kw_only=True)
class InclusionProof(Record):
    """That a document was in a corpus: with ``fingerprint`` from a manifest, no store is needed."""

    kind: ClassVar[str] = "corpus-proof"

    document_id: str
    digest: str
    index: int
    size: int
    path: tuple[str, ...]
    fingerprint: str

    def verify(self, fingerprint: str) -> bool:
        """Tell whether the document is in the corpus with this fingerprint."""
        leaf = merkle.leaf(self.document_id, self.digest)
        return merkle.verify(leaf, self.index, self.size, self.path, fingerprint)


def source_from(body: Mapping[str, Any]) -> CorpusSource:
    """Read what ``to_dict`` made of a source."""
    return CorpusSource(**{**body, "groups": tuple(body["groups"])})


def version_from(body: Mapping[str, Any]) -> CorpusVersion:
    """Read what ``to_dict`` made of a version."""
    fields = {key: value for key, value in body.items() if key != "kind"}
    skipped = ({**each, "examples": tuple(each["examples"])} for each in body["skipped"])
    return CorpusVersion(
        **{
            **fields,
            "source": source_from(body["source"]),
            "skipped": tuple(Skipped(**each) for each in skipped),
            "registered_at": parse_time(body["registered_at"]),
        }
    )
