"""The name of a retriever, as one word that stands wherever one may be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.errors import UsageError
from llmops_magics.retrieval.search.fusion import HybridSearcher
from llmops_magics.retrieval.search.rerank import RerankedSearcher, find_reranker

if TYPE_CHECKING:
    from llmops_magics.retrieval.search.searcher import Searcher

DENSE: Final = "dense"
LEXICAL: Final = "lexical"
HYBRID: Final = "hybrid"
RETRIEVERS: Final = (DENSE, LEXICAL, HYBRID)
_RERANK: Final = "+rerank:"


def make_searcher(
    spec: str, *, dense: Searcher, lexical: Searcher, namespace: Mapping[str, Any] | None = None
) -> Searcher:
    """Build what ``dense``, ``lexical``, ``hybrid`` or one of them with ``+rerank:NAME`` means.

    Raises ``UsageError`` for another word and ``RetrievalError`` for an unknown reranker.
    """
    base, _, reranker = spec.partition(_RERANK)
    check_spec(spec)
    searcher: Searcher = {
        DENSE: dense,
        LEXICAL: lexical,
        HYBRID: HybridSearcher((dense, lexical)),
    }[base]
    if not reranker:
        return searcher
    return RerankedSearcher(searcher, find_reranker(reranker, namespace or {}), reranker)


def check_spec(spec: str) -> None:
    """Raise ``UsageError`` unless a retriever can be meant."""
    base, separator, reranker = spec.partition(_RERANK)
    if base not in RETRIEVERS or (separator and not reranker):
        raise UsageError(
            f"There is no retriever {spec!r}.",
            hint=f"Name {', '.join(RETRIEVERS)}, or one of them with {_RERANK}NAME.",
        )
