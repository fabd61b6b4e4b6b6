"""Corpora in the store: documents kept once by content, numbered versions under each name.

A version is never changed: ``name@3`` means the same documents for ever. Documents are the user's
own data and are stored as they are; the audit trail has digests and counts alone. The artifacts are
written first, the row and its event last and together: a process that is killed leaves artifacts
that nothing names, never half a corpus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from llmops_magics.audit import trail
from llmops_magics.audit.actor import current_actor
from llmops_magics.errors import RetrievalError
from llmops_magics.record import format_time, to_jsonable, utc_now
from llmops_magics.retrieval.corpus import merkle, reference
from llmops_magics.retrieval.corpus.pack import Ledger, Packer, ledger_of, unpack
from llmops_magics.retrieval.corpus.reading import MAX_DOCUMENT_BYTES, Progress, Reading
from llmops_magics.retrieval.corpus.record import (
    CorpusCheck,
    CorpusDiff,
    CorpusSource,
    CorpusVersion,
    InclusionProof,
)
from llmops_magics.retrieval.corpus.source import PATH, describe
from llmops_magics.retrieval.corpus.tally import Tally
from llmops_magics.retrieval.document import Document
from llmops_magics.storage.table import corpus_source, corpus_version

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.storage.store import Store


class CorpusRegistry:
    """The corpora of one store.

    ``root`` is the folder that paths inside it are kept relative to, ``max_document_bytes`` what
    one document may have.
    """

    def __init__(
        self,
        store: Store,
        actor: Callable[[], str] = current_actor,
        *,
        root: Path | None = None,
        max_document_bytes: int = MAX_DOCUMENT_BYTES,
    ) -> None:
        self._store = store
        self._actor = actor
        self._root = root
        self._max_bytes = max_document_bytes

    def add(
        self,
        name: str,
        source: Any,
        *,
        message: str = "",
        groups: Iterable[str] | None = None,
        encoding: str = "",
        label: str = "",
        on_progress: Progress | None = None,
    ) -> CorpusVersion:
        """Read a source and make its documents the newest version of a name.

        ``source`` is a file or folder, a DataFrame, documents or mappings, or a function of no
        arguments that yields them. What the newest version holds already makes none. ``groups``
        are those of documents that name none, ``label`` is the source's name in the notebook.
        Raises ``RetrievalError``; nothing is added then.
        """
        reference.check_name(name)
        described = describe(source, root=self._root, label=label, groups=groups, encoding=encoding)
        reading = self._reading(described, source, on_progress)
        packer, tally = Packer(self._store.artifacts), Tally()
        for document in reading:
            packer.add(document)
            tally.count(document)
        ledger = packer.finish()
        version = CorpusVersion(
            corpus=name,
            number=0,
            fingerprint=ledger.fingerprint,
            document_count=len(ledger.entries),
            character_count=tally.characters,
            source=described,
            skipped=reading.skipped,
            groups=tally.groups,
            encodings=tally.encodings,
            message=message,
            registered_at=utc_now(),
            actor=self._actor(),
            ledger=self._store.artifacts.put(ledger.to_bytes()),
        )
        return self._keep(version)

    def names(self) -> tuple[str, ...]:
        """Return the names of the corpora."""
        return tuple(version.corpus for version in self.newest())

    def newest(self) -> tuple[CorpusVersion, ...]:
        """Return the newest version of every corpus, by name."""
        with self._store.read() as connection:
            return reference.newest_versions(connection)

    def versions(self, name: str) -> tuple[CorpusVersion, ...]:
        """Return every version of a name, the oldest first; raises ``RetrievalError`` for none."""
        with self._store.read() as connection:
            return reference.versions_of(connection, name) or (reference.find(connection, name),)

    def resolve(self, ref: str) -> CorpusVersion:
        """Return what ``name`` (newest), ``name@3``, ``name@sha256:…`` or a digest means."""
        with self._store.read() as connection:
            return reference.find(connection, ref)

    def source(self, name: str) -> CorpusSource:
        """Return where a corpus is read from now: that of the last time it was added."""
        with self._store.read() as connection:
            return reference.source_of(connection, name)

    def ledger(self, version: CorpusVersion | str) -> Ledger:
        """Return the ids, digests, sources and times of a version's documents."""
        return Ledger.from_bytes(self._store.artifacts.get(self._version(version).ledger))

    def documents(self, version: CorpusVersion | str) -> tuple[Document, ...]:
        """Return the documents of a version in the order they were read."""
        return tuple(self.iter_documents(version))

    def iter_documents(self, version: CorpusVersion | str) -> Iterator[Document]:
        """Yield the documents of a version, with a few megabytes of them in memory at a time."""
        return unpack(self.ledger(version), self._store.artifacts)

    def diff(self, before: CorpusVersion | str, after: CorpusVersion | str) -> CorpusDiff:
        """Return what changed from one version to another, by id; no document is read."""
        one, other = self._version(before), self._version(after)
        changes = _changes(self.ledger(one).digests, self.ledger(other).digests)
        return CorpusDiff(before=one.ref, after=other.ref, **changes)

    def reread(
        self, name: str, source: Any = None, *, on_progress: Progress | None = None
    ) -> tuple[tuple[Document, ...], tuple[str, ...]]:
        """Read the source again: its documents, and remarks on what was skipped. Nothing is kept.

        A table, rows or a function must be handed over again as ``source``.
        """
        reading = self._again(name, source, on_progress)
        documents = tuple(reading)
        remarks = (
            f"{each.count} skipped, {each.reason}: {', '.join(each.examples)}"
            for each in reading.skipped
        )
        return documents, tuple(remarks)

    def check(
        self, ref: str, source: Any = None, *, on_progress: Progress | None = None
    ) -> CorpusCheck:
        """Read the source again and say what it holds that a version does not, and the reverse."""
        version = self.resolve(ref)
        reading = self._again(version.corpus, source, on_progress)
        now = ledger_of(reading)
        return CorpusCheck(
            ref=version.ref,
            source=reading.source,
            fingerprint=now.fingerprint,
            document_count=len(now.entries),
            skipped=reading.skipped,
            checked_at=utc_now(),
            **_changes(self.ledger(version).digests, now.digests),
        )

    def prove(self, version: CorpusVersion | str, document_id: str) -> InclusionProof:
        """Return the proof that a document was in a corpus; raises ``RetrievalError`` if not."""
        found = self._version(version)
        digests = self.ledger(found).digests
        if document_id not in digests:
            raise RetrievalError(f"{found.ref} has no document {document_id[:80]!r}.")
        ids, leaves = sorted(digests), merkle.leaves(digests.items())
        index = ids.index(document_id)
        return InclusionProof(
            document_id=document_id,
            digest=digests[document_id],
            index=index,
            size=len(leaves),
            path=merkle.inclusion_proof(leaves, index),
            fingerprint=merkle.root(leaves),
        )

    def _version(self, version: CorpusVersion | str) -> CorpusVersion:
        return self.resolve(version) if isinstance(version, str) else version

    def _reading(
        self, described: CorpusSource, given: Any, on_progress: Progress | None
    ) -> Reading:
        return Reading(
            described,
            None if described.kind == PATH else given,
            root=self._root,
            max_bytes=self._max_bytes,
            on_progress=on_progress,
        )

    def _again(self, name: str, source: Any, on_progress: Progress | None) -> Reading:
        known = self.source(name)
        if source is not None:
            groups, encoding = known.groups, known.encoding
            known = describe(source, root=self._root, groups=groups, encoding=encoding)
        elif known.kind != PATH:
            raise RetrievalError(
                f"{name} was read from {known.location} of a notebook.",
                hint=f"Hand it over again: %llm_corpus check {name} {known.location}.",
            )
        return self._reading(known, source, on_progress)

    def _keep(self, version: CorpusVersion) -> CorpusVersion:
        """Write a version unless the newest one has its documents; note a source that moved."""
        name = version.corpus
        with self._store.write(lock=f"corpus {name}") as connection:
            newest = reference.newest_of(connection, name)
            if newest is not None and newest.fingerprint == version.fingerprint:
                if reference.source_of(connection, name) != version.source:
                    self._note_source(connection, newest, version.source, "corpus.move")
                return replace(newest, source=version.source, skipped=version.skipped)
            made = replace(version, number=newest.number + 1 if newest else 1)
            connection.execute(insert(corpus_version).values(_row(made)))
            self._note_source(connection, made, made.source, "corpus.add")
        return replace(made, is_new=True)

    def _note_source(
        self, connection: Connection, version: CorpusVersion, source: CorpusSource, action: str
    ) -> None:
        row = {
            "corpus": version.corpus,
            "number": version.number,
            "body": _plain(source),
            "actor": self._actor(),
            "at": format_time(utc_now()),
        }
        connection.execute(insert(corpus_source).values(row))
        body = {
            "number": version.number,
            "fingerprint": version.fingerprint,
            "documents": version.document_count,
            "skipped": {each.reason: each.count for each in version.skipped},
            "source": _plain(source),
            "message": version.message,
        }
        trail.append(
            connection,
            actor=self._actor(),
            action=action,
            resource=f"corpus/{version.corpus}",
            body=body,
        )


def _changes(before: dict[str, str], after: dict[str, str]) -> dict[str, Any]:
    both = before.keys() & after.keys()
    changed = sorted(each for each in both if before[each] != after[each])
    return {
        "added": tuple(sorted(after.keys() - before.keys())),
        "removed": tuple(sorted(before.keys() - after.keys())),
        "changed": tuple(changed),
        "unchanged": len(both) - len(changed),
    }


def _row(version: CorpusVersion) -> dict[str, Any]:
    body = version.to_dict()
    return {
        "corpus": version.corpus,
        "number": version.number,
        "fingerprint": version.fingerprint,
        "body": body,
        "registered_at": body["registered_at"],
    }


def _plain(source: CorpusSource) -> dict[str, Any]:
    plain: dict[str, Any] = to_jsonable(source)
    return plain
