"""Ask a corpus, by whichever retriever: ``workspace.search``.

Every search is for somebody, and a span says what it found, by which retriever and in which index.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.record import Record
from llmops_magics.retrieval.access import PUBLIC, Principal, check_allowed, principal_of
from llmops_magics.retrieval.canary import AccessCheck, check_principal, choose_canaries
from llmops_magics.retrieval.index.ledger import Ledger
from llmops_magics.retrieval.observed import record_retrieval
from llmops_magics.retrieval.search.dense import DenseSearcher
from llmops_magics.retrieval.search.lexical import LexicalSearcher
from llmops_magics.retrieval.search.searcher import check_queries
from llmops_magics.retrieval.search.spec import DENSE, HYBRID, check_spec, make_searcher
from llmops_magics.tracing.semconv import DATA_SOURCE

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.retrieval.corpus.registry import CorpusRegistry
    from llmops_magics.retrieval.document import Document
    from llmops_magics.retrieval.index.manifest import IndexManifest
    from llmops_magics.retrieval.index.registry import IndexRegistry
    from llmops_magics.retrieval.passage import Passage
    from llmops_magics.retrieval.search.searcher import Searcher
    from llmops_magics.tracing.operation import Operations

    Found = list[list[Passage]]

K: Final = 5
_KEPT_LEXICAL = 4  # indexes whose words stay counted in this process
_MOVES = 3  # how often a search starts anew because the index was switched meanwhile


@dataclass(frozen=True, kw_only=True)
class SearchResult(Record):
    """What one question finds: ``passages`` best first, and how long it took.

    ``held_back`` counts what the boundary ``retrieval`` refused; nothing moved up for it.
    """

    kind: ClassVar[str] = "search-result"

    corpus: str
    index_fingerprint: str
    query: str
    retriever: str
    principal: str
    passages: tuple[Passage, ...]
    ms: float
    held_back: int = 0

    def to_pandas(self) -> pd.DataFrame:
        """One row a passage."""
        import pandas as pd

        return pd.DataFrame([vars(passage) for passage in self.passages])


@dataclass
class Search:
    """The retrievers of a workspace.

    ``groups`` are those of each principal; who is in none sees what is public. ``actor`` is who
    asks where nobody is named. ``readable`` leaves out what a policy of the workspace forbids,
    ``checked`` what the boundary ``retrieval`` keeps back.
    """

    indexes: Callable[[], IndexRegistry]
    corpora: Callable[[], CorpusRegistry]
    observe: Callable[[], Operations] | None
    groups: Callable[[], Mapping[str, Sequence[str]]]
    actor: Callable[[], str]
    _lexical: dict[str, LexicalSearcher] = field(default_factory=dict)
    readable: Callable[[str, Principal, Found], Found] | None = None
    checked: Callable[[str, Found], Found] | None = None

    def __call__(
        self,
        corpus: str,
        queries: Sequence[str],
        *,
        k: int = K,
        retriever: str = HYBRID,
        principal: Principal | str | None = None,
        namespace: Mapping[str, Any] | None = None,
    ) -> Found:
        """Return up to ``k`` passages a query that the principal may read, best first.

        ``retriever`` is ``dense``, ``lexical`` or ``hybrid`` (both, by reciprocal rank fusion),
        also with ``+rerank:NAME``, a function in ``namespace`` or an entry point; ``principal`` a
        name whose groups the settings have. Raises ``RetrievalError`` and ``UsageError``.
        """
        _, found, _ = self._ask(
            corpus, queries, k=k, retriever=retriever, principal=principal, namespace=namespace
        )
        return found

    def _ask(
        self,
        corpus: str,
        queries: Sequence[str],
        *,
        k: int,
        retriever: str,
        principal: Principal | str | None,
        namespace: Mapping[str, Any] | None,
    ) -> tuple[IndexManifest, Found, int]:
        """Search; return the index that answered and how many passages were held back, too."""
        check_queries(queries, k)
        check_spec(retriever)
        who = self.principal(principal)
        with self._span(f"retrieve {corpus}") as span:
            searcher_of = partial(self._searcher, retriever, namespace)
            manifest, found = self._found(corpus, queries, k, who, searcher_of)
            if self.readable:
                found = self.readable(corpus, who, found)
            allowed = sum(map(len, found))
            if self.checked:
                found = self.checked(corpus, found)
            if span is not None:
                span.set(
                    **{
                        DATA_SOURCE: corpus,
                        "llmops.retrieval.k": k,
                        "llmops.retrieval.retriever": retriever,
                        "llmops.retrieval.index": manifest.fingerprint,
                    }
                )
                record_retrieval(span, queries, found)
        return manifest, found, allowed - sum(map(len, found))

    def one(
        self,
        corpus: str,
        query: str,
        *,
        k: int = K,
        retriever: str = HYBRID,
        principal: Principal | str | None = None,
        namespace: Mapping[str, Any] | None = None,
    ) -> SearchResult:
        """Ask one question, and return what it finds with how long that took."""
        if not query.strip():
            raise UsageError("There is no question.", hint="Write one behind the corpus.")
        before = time.perf_counter()
        manifest, (passages,), held_back = self._ask(
            corpus, [query], k=k, retriever=retriever, principal=principal, namespace=namespace
        )
        return SearchResult(
            corpus=corpus,
            index_fingerprint=manifest.fingerprint,
            query=query,
            retriever=retriever,
            principal=self.principal(principal).name,
            passages=tuple(passages),
            ms=(time.perf_counter() - before) * 1000,
            held_back=held_back,
        )

    def through(self, retriever: str, principal: Principal | str | None = None) -> NamedRetriever:
        """Return one retriever for one principal, as ``attach_context`` takes it."""
        check_spec(retriever)
        return NamedRetriever(self, retriever, self.principal(principal))

    def principal(self, who: Principal | str | None = None) -> Principal:
        """Return somebody by name, or who asks."""
        if isinstance(who, Principal):
            return who
        # An empty name is nobody's: it must not turn into whoever runs this process.
        return principal_of(self.actor() if who is None else who, self.groups())

    def check_access(
        self,
        corpus: str,
        principals: Sequence[Principal | str] = (),
        *,
        k: int = 10,
        retriever: str = HYBRID,
        documents: Iterable[Document] | None = None,
    ) -> AccessCheck:
        """Let each principal ask for canary documents; one leak fails the check.

        Left out, the principals are those of the settings and one that is in ``public`` alone; the
        documents, which say who may read what, are those of the corpus's newest version. Canaries
        are of those that the index holds: what is not there cannot leak. Raises ``RetrievalError``
        where the index is switched meanwhile.
        """
        truth = tuple(self._documents(corpus) if documents is None else documents)
        manifest = self.indexes().manifest(corpus)
        held = self._held(manifest)
        canaries = choose_canaries(each for each in truth if held is None or each.id in held)
        groups_of = {document.id: document.groups for document in truth}
        searcher = _Labelled(self, corpus, retriever)
        asked = [self.principal(each) for each in principals or (*self.groups(), "somebody else")]
        rows = tuple(
            check_principal(searcher, who, canaries, groups_of, k=k) for who in dict.fromkeys(asked)
        )
        if self.indexes().manifest(corpus).collection != manifest.collection:
            raise RetrievalError(
                f"the index of {corpus!r} was switched while access was checked.",
                hint="Check again once its build has ended.",
            )
        return AccessCheck(
            corpus=corpus,
            index_fingerprint=manifest.fingerprint,
            retriever=retriever,
            k=k,
            protected=sum(PUBLIC not in document.groups for document in truth),
            canaries=len(canaries),
            rows=rows,
        )

    def _held(self, manifest: IndexManifest) -> Container[str] | None:
        """Return the ids of the documents of an index, None for one of an earlier release."""
        registry = self.indexes()
        filling = registry.filling(manifest)
        return None if filling is None else Ledger(registry.store).documents(filling.id).keys()

    def _documents(self, corpus: str) -> Iterable[Document]:
        corpora = self.corpora()
        if corpus not in corpora.names():
            raise RetrievalError(
                f"no corpus {corpus!r} was added, so nothing says who may read what.",
                hint=f"Add it: %llm_corpus add {corpus} PATH.",
            )
        return corpora.iter_documents(corpora.resolve(corpus))

    def _found(
        self,
        corpus: str,
        queries: Sequence[str],
        k: int,
        principal: Principal,
        searcher_of: Callable[[IndexManifest], Searcher],
    ) -> tuple[IndexManifest, Found]:
        """Search one index, not two: where it was switched meanwhile, all is asked again."""
        for _ in range(_MOVES):
            manifest = self.indexes().manifest(corpus)
            try:
                found = searcher_of(manifest).search(queries, k=k, principal=principal)
            except RetrievalError:
                if self.indexes().manifest(corpus).collection == manifest.collection:
                    raise
                continue  # its collection was dropped meanwhile
            if self.indexes().manifest(corpus).collection == manifest.collection:
                check_allowed(found, principal)
                return manifest, found
        raise RetrievalError(
            f"the index of {corpus!r} was switched {_MOVES} times while it was searched.",
            hint="Wait for its builds to end.",
        )

    def _searcher(
        self, retriever: str, namespace: Mapping[str, Any] | None, manifest: IndexManifest
    ) -> Searcher:
        unseen = replace(self.indexes(), observe=None)  # this search is the span

        def nearest(queries: Sequence[str], k: int, principal: Principal) -> Found:
            return unseen.retrieve(manifest.corpus, queries, k=k, principal=principal)

        dense = DenseSearcher(nearest)
        if retriever == DENSE:
            return dense
        lexical = self._words_of(manifest)
        return make_searcher(retriever, dense=dense, lexical=lexical, namespace=namespace)

    def _words_of(self, manifest: IndexManifest) -> LexicalSearcher:
        known = self._lexical.pop(manifest.collection, None)
        if known is None:
            registry = self.indexes()
            known = LexicalSearcher(lambda: registry.chunks(manifest.corpus, manifest))
        self._lexical[manifest.collection] = known  # the newest last
        for oldest in list(self._lexical)[:-_KEPT_LEXICAL]:
            self._lexical.pop(oldest, None)
        return known

    def _span(self, name: str) -> Any:
        return self.observe().span(name, kind="retrieval") if self.observe else nullcontext()


@dataclass(frozen=True)
class _Labelled:
    """A retriever by name over one corpus, as a searcher."""

    through: Search
    corpus: str
    name: str

    def search(
        self, queries: Sequence[str], *, k: int, principal: Principal
    ) -> list[list[Passage]]:
        return self.through(self.corpus, queries, k=k, retriever=self.name, principal=principal)


@dataclass(frozen=True)
class NamedRetriever:
    """One retriever over every corpus, for one principal."""

    search: Search
    retriever: str
    principal: Principal

    def manifest(self, corpus: str) -> IndexManifest:
        """Return what the index of a corpus was built of."""
        return self.search.indexes().manifest(corpus)

    def retrieve(self, corpus_name: str, queries: Sequence[str], *, k: int = 4) -> Found:
        """Return up to ``k`` passages a query, best first."""
        return self.search(
            corpus_name, queries, k=k, retriever=self.retriever, principal=self.principal
        )
