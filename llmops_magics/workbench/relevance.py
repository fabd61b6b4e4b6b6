"""Labelled queries where there are none: ``workspace.relevance``.

Each method is what ``%retrieval_queries``, ``%retrieval_label`` and ``llmops retrieval`` call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.retrieval.access import Principal
from llmops_magics.workbench.labelling import (
    RETRIEVERS,
    K,
    Labelling,
    read_filled,
    with_counts,
    write_pool,
)
from llmops_magics.workbench.synthesis import Synthesis, SynthesisRequest

if TYPE_CHECKING:
    from llmops_magics.evals.retrieval.labelling.report import RelevanceLabelling
    from llmops_magics.evals.retrieval.labelling.session import LabelSession
    from llmops_magics.evals.retrieval.searching import Progress
    from llmops_magics.evals.retrieval.synthesis.record import QuerySynthesis
    from llmops_magics.workbench.evaluation import Evaluations
    from llmops_magics.workbench.retrieval import Search
    from llmops_magics.workbench.retrieval_baseline import Indexes


class Relevance:
    """Queries written by a model, and passages graded by people."""

    def __init__(
        self,
        evaluations: Callable[[], Evaluations],
        indexes: Callable[[], Indexes],
        search: Callable[[], Search],
        *,
        principal: Callable[[], Principal],
        actor: Callable[[], str],
    ) -> None:
        self._evaluations = evaluations
        self._indexes = indexes
        self._search = search
        self._principal = principal
        self._actor = actor

    def synthesise(
        self, corpus: str, *, principal: Principal | None = None, **options: Any
    ) -> QuerySynthesis:
        """Let a model write a question about each of some chunks, and keep those of use.

        ``options`` are those of ``workbench.synthesis.SynthesisRequest``: n, model, seed, dataset,
        cache, max_cost_usd, on_plan and on_progress. Raises ``RetrievalError`` where there is
        nothing to ask about, or a limit was reached.
        """
        who = principal or self._principal()
        request = SynthesisRequest(corpus=corpus, principal=who, **options)
        return Synthesis(self._evaluations(), self._indexes()).run(request)

    def session(
        self,
        corpus: str,
        queries: Any,
        *,
        k: int = K,
        retrievers: Sequence[str] = RETRIEVERS,
        principal: Principal | None = None,
        on_progress: Progress | None = None,
    ) -> LabelSession:
        """Open the labelling of queries where it was left: the first ``k`` of each retriever."""
        return self._labelling().open(
            corpus,
            queries,
            k=k,
            retrievers=retrievers,
            principal=principal or self._principal(),
            on_progress=on_progress,
        )

    def label(
        self,
        corpus: str,
        queries: Any,
        *,
        read: str | Path = "",
        write: str | Path = "",
        dataset: str = "",
        **options: Any,
    ) -> RelevanceLabelling:
        """Return the state of a labelling, which in a live notebook goes on with it.

        ``read`` takes in a pool that was filled in, ``write`` writes it to be filled in, and
        ``dataset`` keeps the labels so far as a version of that name. ``options`` are those of
        ``session``.
        """
        session = self.session(corpus, queries, **options)
        taken = session.take(read_filled(read)) if read else None
        if write:
            write_pool(session, write)
        report = replace(with_counts(session, taken), written=str(write))
        if not dataset:
            return report
        ref, cases = self._labelling().save(session, dataset)
        return replace(report, dataset=ref, dataset_cases=cases)

    def _labelling(self) -> Labelling:
        bench = self._evaluations().bench
        return Labelling(bench, self._indexes(), self._search(), self._actor)
