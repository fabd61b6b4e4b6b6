"""What one does with corpora, all in one place: ``workspace.corpora``.

Each method is what ``%llm_corpus`` and ``llmops corpus`` call. Documents are kept and handed out as
they are; what is shown of them is masked unless the workspace keeps everything
(``capture = "full"``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.redaction import redact
from llmops_magics.retrieval.corpus.record import (
    CorpusCheck,
    CorpusDiff,
    CorpusList,
    CorpusLog,
    CorpusVersion,
    CorpusView,
    DocumentRow,
    InclusionProof,
)
from llmops_magics.retrieval.corpus.registry import CorpusRegistry

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.retrieval.corpus.reading import Progress
    from llmops_magics.retrieval.document import Document
    from llmops_magics.storage.store import Store

SHOWN_ROWS = 10
EXCERPT_CHARACTERS = 300


class Corpora:
    """The corpora of a workspace: added, shown, compared and checked against their sources."""

    def __init__(
        self,
        store: Callable[[], Store],
        settings: Settings,
        actor: Callable[[], str],
        *,
        root: Path,
    ) -> None:
        self._store = store
        self._settings = settings
        self._actor = actor
        self._root = root

    @cached_property
    def registry(self) -> CorpusRegistry:
        """The versions of the corpora in the store."""
        return CorpusRegistry(
            self._store(),
            self._actor,
            root=self._root,
            max_document_bytes=self._settings.retrieval.max_document_mb * 1_000_000,
        )

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
        """Read a file, folder, table, rows or function and make it the newest version of a name.

        Documents that are all there already change nothing. ``groups`` may read the documents that
        name none (``public``: everybody); ``encoding`` is that of files that do not say.
        """
        return self.registry.add(
            name,
            source,
            message=message,
            groups=groups,
            encoding=encoding,
            label=label,
            on_progress=on_progress,
        )

    def names(self) -> tuple[str, ...]:
        """Return the names of the corpora."""
        return self.registry.names()

    def documents(self, ref: str) -> tuple[Document, ...]:
        """Return the documents of ``name`` (newest), ``name@3``, ``name@sha256:…`` or a digest."""
        return self.registry.documents(ref)

    def list(self) -> CorpusList:
        """Return every corpus with its newest version."""
        return CorpusList(corpora=self.registry.newest())

    def show(self, ref: str, *, rows: int = SHOWN_ROWS) -> CorpusView:
        """Return what a version holds, with its first documents."""
        version = self.registry.resolve(ref)
        ledger = self.registry.ledger(version)
        times = [each.updated_at for each in ledger.entries if each.updated_at is not None]
        first = islice(self.registry.iter_documents(version), max(0, rows))
        return CorpusView(
            version=version,
            rows=tuple(self._row(document) for document in first),
            version_count=len(self.registry.versions(version.corpus)),
            oldest=min(times, default=None),
            newest=max(times, default=None),
        )

    def log(self, name: str) -> CorpusLog:
        """Return the versions of a corpus, the newest first."""
        versions = tuple(reversed(self.registry.versions(name)))
        corpus = versions[0].corpus
        return CorpusLog(corpus=corpus, source=self.registry.source(corpus), versions=versions)

    def diff(self, before: str, after: str) -> CorpusDiff:
        """Return the ids that came, went and changed from one version to another."""
        return self.registry.diff(before, after)

    def check(
        self, ref: str, source: Any = None, *, on_progress: Progress | None = None
    ) -> CorpusCheck:
        """Read the source again and say what changed; nothing is written.

        A table, rows or a function must be handed over again as ``source``.
        """
        return self.registry.check(ref, source, on_progress=on_progress)

    def prove(self, ref: str, document_id: str) -> InclusionProof:
        """Return the proof that a document was in a corpus, for whoever has its fingerprint."""
        return self.registry.prove(ref, document_id)

    def _row(self, document: Document) -> DocumentRow:
        return DocumentRow(
            id=self._masked(document.id),
            title=self._masked(document.title)[:EXCERPT_CHARACTERS],
            excerpt=self._masked(document.text[: EXCERPT_CHARACTERS * 4])[:EXCERPT_CHARACTERS],
            characters=len(document.text),
            groups=document.groups,
            source=self._masked(document.source),
            updated_at=document.updated_at,
        )

    def _masked(self, text: str) -> str:
        return text if self._settings.trace.capture == "full" else redact(text)
