"""Reranking: the first passages of another searcher, put in the order that a model gives them.

A reranker is a function of a question and texts that returns a number a text, the larger the
better: a cross-encoder, a service, anything. It is named by a function of the notebook or by an
entry point of the group ``llmops_magics.rerankers``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from typing import Any, Final

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.passage import Passage
from llmops_magics.retrieval.search.searcher import Searcher

Reranker = Callable[[str, Sequence[str]], Sequence[float]]
"""(query, texts) -> a score a text."""

GROUP: Final = "llmops_magics.rerankers"
DEPTH: Final = 50


@dataclass(frozen=True)
class RerankedSearcher:
    """Reorders the first 50 passages (or ``k``, if that is more) of a searcher."""

    searcher: Searcher
    reranker: Reranker
    reranker_name: str

    @property
    def name(self) -> str:
        """The searcher's name, and the reranker's."""
        return f"{self.searcher.name}+rerank:{self.reranker_name}"

    def search(
        self, queries: Sequence[str], *, k: int, principal: Principal
    ) -> list[list[Passage]]:
        """Return the ``k`` passages that the reranker likes best."""
        found = self.searcher.search(queries, k=max(k, DEPTH), principal=principal)
        return [self._rerank(q, passages)[:k] for q, passages in zip(queries, found, strict=True)]

    def _rerank(self, query: str, passages: list[Passage]) -> list[Passage]:
        if not passages:
            return []
        scores = self._scores(query, [passage.text for passage in passages])
        pairs = sorted(zip(scores, passages, strict=True), key=lambda pair: (-pair[0], pair[1].key))
        return [replace(p, score=score, rank=rank) for rank, (score, p) in enumerate(pairs, 1)]

    def _scores(self, query: str, texts: list[str]) -> list[float]:
        try:
            scores = [float(score) for score in self.reranker(query, texts)]
        except Exception as error:
            raise RetrievalError(
                f"the reranker {self.reranker_name!r} raised {type(error).__name__}:"
                f" {str(error)[:200]}",
                hint="It is called with a question and a list of texts.",
            ) from error
        if len(scores) != len(texts) or not all(map(math.isfinite, scores)):
            raise RetrievalError(
                f"the reranker {self.reranker_name!r} gave {len(scores)} scores for {len(texts)}"
                " texts, or one that is not finite.",
                hint="It returns one finite number a text, in the order of the texts.",
            )
        return scores


def find_reranker(name: str, namespace: Mapping[str, Any]) -> Reranker:
    """Return the function of that name: of the notebook, else of an installed package."""
    function = namespace.get(name)
    if callable(function):
        return function  # type: ignore[no-any-return]
    installed = {each.name: each for each in entry_points(group=GROUP)}
    if name in installed:
        loaded: Reranker = installed[name].load()
        return loaded
    known = ", ".join(sorted(installed)) or "none is installed"
    raise RetrievalError(
        f"there is no reranker {name!r}.",
        hint=f"Name a function of the notebook or an entry point of {GROUP} ({known}).",
    )
