"""What one measures of retrieval, all in one place: ``workspace.retrieval``.

Each method is what ``%retrieval_check``, ``%retrieval_drift`` and ``llmops retrieval`` call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from llmops_magics.errors import DatasetError, RetrievalError, UsageError
from llmops_magics.evals.comparison import compare
from llmops_magics.evals.history import RunHistory
from llmops_magics.evals.retrieval.check import RetrievalCheck
from llmops_magics.evals.retrieval.drift import RetrievalDrift, drift
from llmops_magics.evals.retrieval.ranked import RankedLists, read_ranked
from llmops_magics.evals.retrieval.record import RetrievalReport
from llmops_magics.evals.retrieval.request import DEPTH, KS, Baseline, CheckRequest
from llmops_magics.evals.retrieval.searching import Progress, Source
from llmops_magics.evals.retrieval.stored_check import (
    NEWEST,
    find_check,
    ranked_lists,
)
from llmops_magics.evals.retrieval.sweep.record import SweepPlan, SweepReport
from llmops_magics.evals.retrieval.sweep.stored import load_sweep
from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.measure.query import QuerySet, queries_of_cases
from llmops_magics.retrieval.measure.reader import numbered, read_queries, read_rows
from llmops_magics.retrieval.measure.text import texts_of_chunks
from llmops_magics.retrieval.search.spec import DENSE, HYBRID, LEXICAL, check_spec
from llmops_magics.workbench.retrieval_baseline import Baselines, Indexes, refuse_other_groups
from llmops_magics.workbench.retrieval_sweep import SweepOptions, Sweeps

if TYPE_CHECKING:
    from llmops_magics.retrieval.passage import Passage
    from llmops_magics.workbench.bench import Bench

RETRIEVERS = (LEXICAL, DENSE, HYBRID)


class Search(Protocol):
    """Finds passages of a corpus with a retriever that is named."""

    def __call__(
        self,
        corpus: str,
        queries: Sequence[str],
        *,
        k: int,
        retriever: str,
        principal: Principal | None,
        namespace: Mapping[str, Any] | None = None,
    ) -> list[list[Passage]]:
        """Return up to ``k`` passages a query, best first."""
        ...


@dataclass(frozen=True)
class _Named:
    """A retriever by its name, over one corpus."""

    name: str
    corpus: str
    through: Search

    def search(
        self, queries: Sequence[str], *, k: int, principal: Principal
    ) -> list[list[Passage]]:
        return self.through(self.corpus, queries, k=k, retriever=self.name, principal=principal)


class Retrieval:
    """Retrievers measured on labelled queries, and the same queries asked again later."""

    def __init__(
        self,
        bench: Bench,
        *,
        search: Search,
        indexes: Callable[[], Indexes],
        principal: Callable[[], Principal],
        actor: Callable[[], str],
        sweeps: Callable[[], Sweeps] | None = None,
    ) -> None:
        self._bench = bench
        self._sweeps = sweeps
        self._baselines = Baselines(bench, indexes)
        self._search = search
        self._indexes = indexes
        self._principal = principal
        self._actor = actor

    def seeing(self, namespace: Mapping[str, Any]) -> Retrieval:
        """Return the same, with the functions of a notebook for ``+rerank:NAME``."""
        seen = copy(self)
        seen._search = partial(self._search, namespace=namespace)  # noqa: SLF001
        return seen

    def check(
        self,
        corpus: str,
        queries: Any,
        *,
        ks: Sequence[int] = KS,
        retrievers: Sequence[str] = RETRIEVERS,
        baseline: str = "",
        qrels: str | Path | None = None,
        depth: int = DEPTH,
        principal: Principal | None = None,
        on_progress: Progress | None = None,
    ) -> RetrievalReport:
        """Measure retrievers on labelled queries; each becomes an eval run.

        ``queries`` is a JSONL file, a folder, rows, a DataFrame, or a dataset. ``baseline`` is one
        of the retrievers (the first, unless told), the id of an earlier check, or another corpus.
        Raises ``RetrievalError`` and ``UsageError``.
        """
        names = list(dict.fromkeys(retrievers))
        for name in names:
            check_spec(name)
        if not names:
            raise UsageError("no retriever is named.", hint=f"There are {', '.join(RETRIEVERS)}.")
        self._indexes().manifest(corpus)  # raises before anything is read or written
        request = self._request(
            self._queries(queries, qrels), tuple(sorted(set(ks))), depth, principal
        )
        held = self._baselines.find(baseline, corpus, names, request.principal)
        if held.retriever and held.retriever not in names:
            names.insert(0, held.retriever)
        return self._run(request, corpus, names, held, on_progress)

    def drift(
        self,
        corpus: str,
        *,
        since: str = NEWEST,
        retrievers: Sequence[str] = (),
        principal: Principal | None = None,
        on_progress: Progress | None = None,
    ) -> RetrievalDrift:
        """Ask the queries of an earlier check again and say what entered, left and moved.

        ``since`` is the id of that check, or ``newest``. What is measured now is stored as a check
        too, so that the next drift may start from it.
        """
        then = find_check(self._bench.store(), since, corpus=corpus)
        who = principal or self._principal()
        refuse_other_groups(then, who)
        names = list(retrievers) or list(then.run_ids)
        unknown = [name for name in names if name not in then.run_ids]
        if unknown:
            raise UsageError(
                f"the check {then.check_id} did not measure {', '.join(unknown)}.",
                hint=f"It measured {', '.join(then.run_ids)}.",
            )
        before = ranked_lists(self._bench.store(), then)
        queries = self._queries(then.dataset_digest, None)
        request = replace(
            self._request(queries, then.ks, then.depth, who),
            dataset=self._bench.datasets().get(then.dataset_digest),
        )
        now = self._run(
            request, corpus, names, self._baselines.earlier(then, then.check_id), on_progress
        )
        after = read_ranked(self._bench.store().artifacts.get(now.ranked_artifact))
        differences = {
            name: compare(now.run(name), self._baselines.load(then.run_ids[name])).differences
            for name in names
        }
        return drift(
            then,
            now,
            (_by_retriever(before), _by_retriever(after)),
            queries.queries,
            differences,
            redacted=self._bench.redacted(),
        )

    def sweep(
        self,
        corpus: str,
        queries: Any,
        *,
        qrels: str | Path | None = None,
        **options: Unpack[SweepOptions],
    ) -> SweepReport:
        """Try chunkers, embedders, retrievers and k on a corpus (``name``, ``name@3``), and choose.

        Nothing is built; what is embedded is kept for the build. Raises ``RetrievalError`` and
        ``UsageError``.
        """
        return self._sweeping.run(corpus, self._queries(queries, qrels), **options)

    def plan_sweep(
        self,
        corpus: str,
        queries: Any,
        *,
        qrels: str | Path | None = None,
        **options: Unpack[SweepOptions],
    ) -> SweepPlan:
        """Say what a sweep would take: chunks, texts to embed, time and cost."""
        return self._sweeping.plan(corpus, self._queries(queries, qrels), **options)

    def find_sweep(self, written: str = NEWEST) -> SweepReport:
        """Return a sweep that was made: its id, the end of it, or ``newest``."""
        return load_sweep(self._bench.store(), written)

    @property
    def _sweeping(self) -> Sweeps:
        if self._sweeps is None:
            raise UsageError("a sweep takes a workspace: there is none here.")
        return self._sweeps()

    def _request(
        self, queries: QuerySet, ks: tuple[int, ...], depth: int, principal: Principal | None
    ) -> CheckRequest:
        dataset = self._bench.datasets().register(queries.as_dataset())
        return CheckRequest(
            queries=queries,
            dataset=dataset,
            principal=principal or self._principal(),
            ks=ks,
            depth=depth,
            redacted=self._bench.redacted(),
        )

    def _run(
        self,
        request: CheckRequest,
        corpus: str,
        names: Sequence[str],
        baseline: Baseline,
        on_progress: Progress | None,
    ) -> RetrievalReport:
        store = self._bench.store()
        history = RunHistory(store, actor=self._actor)
        if baseline.name and not (baseline.runs or baseline.retriever):
            baseline = replace(baseline, source=self._source(baseline.name, names))
        check = RetrievalCheck(request, self._source(corpus, names), history, store)
        return check.run(baseline, on_progress)

    def _source(self, corpus: str, names: Sequence[str]) -> Source:
        indexes = self._indexes()
        manifest = indexes.manifest(corpus)
        facts = manifest.to_dict()
        return Source(
            corpus=corpus,
            fingerprint=lambda: str(indexes.manifest(corpus).fingerprint),
            facts={name: value for name, value in facts.items() if name != "kind"},
            texts=texts_of_chunks(indexes.chunks(corpus)),
            searchers=[_Named(name, corpus, self._search) for name in names],
            cost_usd=_known_costs(names, manifest),
        )

    def _queries(self, source: Any, qrels: str | Path | None) -> QuerySet:
        """Return what a file, a folder, rows or a dataset's reference means."""
        if isinstance(source, QuerySet):
            return source
        if isinstance(source, str | Path) and Path(source).exists():
            return read_queries(source, qrels)
        if isinstance(source, str | Path):
            try:
                dataset = self._bench.datasets().get(str(source))
            except DatasetError as error:
                raise RetrievalError(
                    f"there is no file and no dataset {str(source)[:80]!r}.",
                    hint="Queries are a JSONL file, a folder, or a dataset of this workspace.",
                ) from error
            return read_rows(numbered(queries_of_cases(dataset.cases), dataset.name), dataset.name)
        if hasattr(source, "to_dict") and hasattr(source, "notna"):  # a DataFrame
            source = source.astype(object).where(source.notna(), None).to_dict("records")
        if hasattr(source, "cases"):
            source = queries_of_cases(source.cases)
        if not isinstance(source, Sequence):
            raise RetrievalError(f"queries cannot be read from a {type(source).__name__}.")
        return read_rows(numbered(source, "queries"), "queries")


def _by_retriever(lists: RankedLists) -> Mapping[str, Mapping[str, Any]]:
    return {name: lists.of(name) for name in lists.hits}


def _known_costs(names: Sequence[str], manifest: Any) -> dict[str, Decimal]:
    """Return what costs nothing: words are counted here, and so are vectors of the local model."""
    is_local = str(manifest.embedding_model).startswith("local/")
    return {name: Decimal(0) for name in names if is_local or name == LEXICAL}
