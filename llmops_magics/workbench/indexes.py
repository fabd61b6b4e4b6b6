"""What one does with indexes, all in one place: ``workspace.indexes``.

The registry builds and searches; here it meets the corpora and their sources. Each method is what
``%llm_index``, ``%index_status`` and ``llmops index`` call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_magics.errors import RetrievalError
from llmops_magics.redaction import redact
from llmops_magics.retrieval.access import ANONYMOUS, Principal
from llmops_magics.retrieval.chunking.registry import DEFAULT_CHUNKER
from llmops_magics.retrieval.corpus.record import CorpusVersion
from llmops_magics.retrieval.corpus.source import PATH, path_of
from llmops_magics.retrieval.embedding.registry import DEFAULT_EMBEDDING
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.retrieval.index.rule import decide_index_rule, parse_index_rule
from llmops_magics.retrieval.index.status import IndexStatus, Sources
from llmops_magics.retrieval.index.verification import SAMPLE, IndexVerification

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_magics.retrieval.chunking.chunk import Chunk
    from llmops_magics.retrieval.corpus.registry import CorpusRegistry
    from llmops_magics.retrieval.document import Document
    from llmops_magics.retrieval.index.manifest import IndexManifest
    from llmops_magics.retrieval.index.record import IndexChange, IndexList
    from llmops_magics.retrieval.index.vectors import Progress
    from llmops_magics.retrieval.passage import Passage

    Known = Sequence[Document] | CorpusVersion | None
    Documents = Known | str
    Found = list[list[Passage]]

READ_CHARACTERS = 20_000_000  # a source up to this size is read again by every status


class Indexes:
    """The indexes of a workspace.

    ``corpora`` gives the registry of corpora, ``root`` is the workspace's folder, and with
    ``redacted`` the ids of documents are masked where they are shown. ``checked`` is what becomes
    of passages at the boundary ``retrieval``; ``readable`` leaves out before what a policy of the
    workspace forbids.
    """

    def __init__(
        self,
        registry: Callable[[], IndexRegistry],
        corpora: Callable[[], CorpusRegistry],
        *,
        root: Path,
        redacted: Callable[[], bool] = lambda: True,
        checked: Callable[[str, Found], Found] | None = None,
        readable: Callable[[str, Principal, Found], Found] | None = None,
    ) -> None:
        self._make = registry
        self._corpora = corpora
        self._root = root
        self._redacted = redacted
        self._checked = checked
        self._readable = readable

    @cached_property
    def registry(self) -> IndexRegistry:
        """The indexes in the store."""
        return self._make()

    def build(
        self,
        corpus: str,
        documents: Documents = None,
        *,
        chunker: str = DEFAULT_CHUNKER,
        embedding: str = DEFAULT_EMBEDDING,
        on_progress: Progress | None = None,
    ) -> IndexManifest:
        """Make sure that a corpus is indexed, and return what its index was built of.

        ``documents`` are some, a version of a corpus or its reference; left out, the newest version
        of the corpus. ``on_progress(done, total)`` is told of chunks.
        """
        return self.change(
            corpus, documents, chunker=chunker, embedding=embedding, on_progress=on_progress
        ).manifest

    def change(
        self,
        corpus: str,
        documents: Documents = None,
        *,
        chunker: str = DEFAULT_CHUNKER,
        embedding: str = DEFAULT_EMBEDDING,
        on_progress: Progress | None = None,
    ) -> IndexChange:
        """Do what ``build`` does, and return what it took."""
        return self.registry.change(
            corpus,
            self._documents(documents),
            chunker=chunker,
            embedding=embedding,
            on_progress=on_progress,
        )

    def refresh(
        self,
        corpus: str,
        documents: Documents = None,
        *,
        reads_source: bool = True,
        on_progress: Progress | None = None,
    ) -> IndexChange:
        """Bring an index to its corpus; only chunks whose content is new are embedded.

        A corpus that was read from files is read again first, and what changed becomes its next
        version, unless ``reads_source`` is False or documents are given.
        """
        before = self.registry.manifest(corpus)
        remarks: tuple[str, ...] = ()
        if documents is None:
            remarks = tuple(self._read_again(corpus) if reads_source else ())
        change = self.registry.refresh(corpus, self._documents(documents), on_progress=on_progress)
        return replace(change, before=change.before or before, remarks=change.remarks + remarks)

    def revert(self, corpus: str) -> IndexChange:
        """Go back to the index before the one in use; again, and it is in use again."""
        return self.registry.revert(corpus)

    def drop(self, corpus: str) -> IndexChange:
        """Delete the index of a corpus; the corpus and the cached vectors stay."""
        return self.registry.drop(corpus)

    def list(self) -> IndexList:
        """Return the index in use of every corpus that has one."""
        return self.registry.indexes()

    def names(self) -> tuple[str, ...]:
        """Return the names of the corpora that have an index."""
        return tuple(each.corpus for each in self.registry.indexes().indexes)

    def manifest(self, corpus: str) -> IndexManifest:
        """Return what a corpus's index was built of; ``RetrievalError`` where there is none."""
        return self.registry.manifest(corpus)

    def chunks(self, corpus: str) -> tuple[Chunk, ...]:
        """Return every chunk of a corpus's index, by document and place."""
        return self.registry.chunks(corpus)

    def status(
        self,
        corpus: str,
        rules: Sequence[str] = (),
        *,
        reads_source: bool | None = None,
        embedding: str = "",
    ) -> IndexStatus:
        """Hold an index against its corpus and its store, and decide rules such as ``stale <= 1%``.

        The source is read again if ``reads_source``, and unless told if that is quick (files of up
        to 20 million characters); else the newest version that was added is what counts. With
        ``embedding`` chunks of another embedder are counted.
        """
        parsed = [parse_index_rule(rule) for rule in rules]
        self.registry.manifest(corpus)
        status = self.registry.status(
            corpus, self._sources(corpus, reads_source), embedding=embedding
        )
        outcomes = tuple(decide_index_rule(rule, status) for rule in parsed)
        return replace(status, rules=outcomes, examples=self._shown(status))

    def verify(
        self, corpus: str, *, sample: int = SAMPLE, on_progress: Progress | None = None
    ) -> IndexVerification:
        """Read every row of an index, and embed a random sample of its chunks again."""
        return self.registry.verify(corpus, sample=sample, on_progress=on_progress)

    def retrieve(
        self,
        corpus: str,
        queries: Sequence[str],
        *,
        k: int = 4,
        principal: Principal = ANONYMOUS,
        embedding: str = "",
    ) -> Found:
        """Return the ``k`` nearest chunks a query that the principal may read, best first."""
        found = self.registry.retrieve(
            corpus, queries, k=k, principal=principal, embedding=embedding
        )
        if self._readable:
            found = self._readable(corpus, principal, found)
        return self._checked(corpus, found) if self._checked else found

    def _documents(self, documents: Documents) -> Known:
        return self._corpora().resolve(documents) if isinstance(documents, str) else documents

    def _read_again(self, corpus: str) -> tuple[str, ...]:
        """Add what the files of a corpus hold now; return what is to be said if that cannot be."""
        corpora = self._corpora()
        known = corpora.source(corpus)
        if known.kind != PATH:
            return (
                f"The source was not read: {known.location} of a notebook is read by adding it",
            )
        corpora.add(
            corpus, path_of(known, self._root), groups=known.groups, encoding=known.encoding
        )
        return ()

    def _sources(self, corpus: str, reads_source: bool | None) -> Sources | None:
        """Return the documents as they are now: read again, or those of the newest version."""
        corpora = self._corpora()
        if corpus not in corpora.names():
            return None
        version = corpora.resolve(corpus)
        known = corpora.source(corpus)
        if reads_source is None:
            reads_source = known.kind == PATH and version.character_count <= READ_CHARACTERS
        if reads_source and known.kind == PATH:
            return self._of_source(corpora, version)
        remark = f"The source was not read again: it is held against {version.ref}."
        digests = corpora.ledger(version).digests
        return Sources(digests=digests, described=version.ref, remarks=(remark,))

    def _of_source(self, corpora: CorpusRegistry, version: CorpusVersion) -> Sources:
        location = corpora.source(version.corpus).location
        try:
            documents, remarks = corpora.reread(version.corpus)
        except RetrievalError as error:
            return Sources(
                digests=None, described=f"{location} cannot be read", remarks=(str(error),)
            )
        digests = {document.id: document.digest for document in documents}
        return Sources(digests=digests, described=location, remarks=remarks)

    def _shown(self, status: IndexStatus) -> dict[str, tuple[str, ...]]:
        if not self._redacted():
            return dict(status.examples)
        return {state: tuple(map(redact, ids)) for state, ids in status.examples.items()}
