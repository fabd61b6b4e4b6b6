"""Documents as artifacts: packs of canonical JSON lines, and a ledger that names every document.

A pack is written as soon as it is full, so a corpus of any size is added in the memory of one pack
and of its ids. The digest of a document is that of its line. Where a document came from and when
it was changed stand in the ledger alone: files that were only touched make no new pack.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from llmops_magics.errors import StoreError
from llmops_magics.record import digest_bytes, format_time, parse_time
from llmops_magics.retrieval.corpus import merkle
from llmops_magics.retrieval.document import Document
from llmops_magics.storage.artifact import Artifacts

PACK_BYTES = 4_000_000


class Entry(NamedTuple):
    """A document of a ledger, without its content."""

    id: str
    digest: str
    source: str
    updated_at: datetime | None


@dataclass(frozen=True)
class Ledger:
    """The documents of a corpus in the order they were read, and the packs that hold them."""

    entries: tuple[Entry, ...]
    packs: tuple[tuple[str, int], ...] = ()  # address, documents

    @cached_property
    def digests(self) -> dict[str, str]:
        """The digest of each document by its id."""
        return {entry.id: entry.digest for entry in self.entries}

    @cached_property
    def fingerprint(self) -> str:
        """The Merkle root of the corpus."""
        return merkle.root(merkle.leaves(self.digests.items()))

    def to_bytes(self) -> bytes:
        """Return what ``from_bytes`` reads; the same documents give the same bytes."""
        rows = [
            [e.id, e.digest, e.source, e.updated_at and format_time(e.updated_at)]
            for e in self.entries
        ]
        body = {"format": 1, "packs": self.packs, "documents": rows}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Ledger:
        """Read a ledger; raises ``StoreError`` for one of a later kind."""
        body = json.loads(content)
        if body.get("format") != 1:
            raise StoreError(
                "this corpus was written by a newer llmops_magics.",
                hint="Upgrade: pip install --upgrade llmops-magics.",
            )
        rows = body["documents"]
        entries = tuple(Entry(i, d, s, parse_time(at) if at else None) for i, d, s, at in rows)
        return cls(entries, tuple((address, count) for address, count in body["packs"]))


class Packer:
    """Writes documents into packs as they come."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._entries: list[Entry] = []
        self._packs: list[tuple[str, int]] = []
        self._lines: list[bytes] = []
        self._bytes = 0

    def add(self, document: Document) -> None:
        """Take a document; its pack is written once it is full."""
        line = document.content
        self._entries.append(entry_of(document, line))
        self._lines.append(line)
        self._bytes += len(line)
        if self._bytes >= PACK_BYTES:
            self._write()

    def finish(self) -> Ledger:
        """Write what is left; return the ledger, which is not written."""
        self._write()
        return Ledger(tuple(self._entries), tuple(self._packs))

    def _write(self) -> None:
        if self._lines:
            address = self._artifacts.put(b"\n".join(self._lines))
            self._packs.append((address, len(self._lines)))
            self._lines, self._bytes = [], 0


def entry_of(document: Document, content: bytes) -> Entry:
    """Return the ledger's line of a document with this canonical JSON."""
    return Entry(document.id, digest_bytes(content), document.source, document.updated_at)


def ledger_of(documents: Iterable[Document]) -> Ledger:
    """Return the ledger of documents that are not stored."""
    return Ledger(tuple(entry_of(each, each.content) for each in documents))


def unpack(ledger: Ledger, artifacts: Artifacts) -> Iterator[Document]:
    """Yield the documents of a ledger, one pack in memory at a time.

    Raises ``ArtifactError`` for a pack that is gone or was changed.
    """
    entries = iter(ledger.entries)
    for address, _ in ledger.packs:
        for line in artifacts.get(address).split(b"\n"):
            entry, fields = next(entries), json.loads(line)
            fields["groups"] = tuple(fields["groups"])
            yield Document(**fields, source=entry.source, updated_at=entry.updated_at)
