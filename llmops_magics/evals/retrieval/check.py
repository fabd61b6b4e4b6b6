"""Measure retrievers on labelled queries: search, score, store each as an eval run, report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llmops_magics.evals.retrieval.per_query import query_rows
from llmops_magics.evals.retrieval.ranked import RankedLists
from llmops_magics.evals.retrieval.record import (
    INCONCLUSIVE,
    MEASURED,
    RetrievalReport,
    RetrievalRow,
)
from llmops_magics.evals.retrieval.report import (
    MeasuredRow,
    headline_k,
    side_by_side,
    slice_scores,
)
from llmops_magics.evals.retrieval.request import Baseline, CheckRequest
from llmops_magics.evals.retrieval.scoring import Scored, Scoring, scorer_digests
from llmops_magics.evals.retrieval.searching import Progress, Searched, Source, search_all
from llmops_magics.evals.retrieval.stored_check import RetrieverTarget, keep_run, new_check_id
from llmops_magics.evals.run import EvalRun
from llmops_magics.evals.sample import masked
from llmops_magics.evals.summary import summarise
from llmops_magics.record import format_time, utc_now
from llmops_magics.retrieval.measure.label import MOST_EXCLUDED, LabelCheck, check_labels
from llmops_magics.retrieval.measure.text import Tokens

if TYPE_CHECKING:
    from llmops_magics.evals.history import RunHistory
    from llmops_magics.storage.store import Store

MOVED = "the index changed while it was searched"


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One retriever, searched and scored."""

    source: Source
    searched: Searched
    scored: Scored
    run: EvalRun
    is_baseline: bool = False


class RetrievalCheck:
    """One check; ``run`` makes it."""

    def __init__(
        self, request: CheckRequest, source: Source, history: RunHistory, store: Store
    ) -> None:
        self.request = request
        self.source = source
        self.check_id = new_check_id()
        self.started_at = format_time(utc_now())
        self._history = history
        self._store = store

    def run(
        self, baseline: Baseline | None = None, on_progress: Progress | None = None
    ) -> RetrievalReport:
        """Search, score and store; nothing is stored before everything is measured."""
        own = baseline or Baseline()
        labels = check_labels(self.request.queries.queries, self.source.texts)
        parts = self._measure(self.source, labels, on_progress)
        others: list[_Part] = []
        if own.source is not None:
            theirs = check_labels(self.request.queries.queries, own.source.texts)
            others = self._measure(own.source, theirs, on_progress, is_baseline=True)
        artifact = self._lists(parts).keep(self._store.artifacts)
        parts = [self._kept(part, artifact) for part in parts]
        others = [self._kept(part, artifact) for part in others]
        return self._report(parts, others, own, labels, artifact)

    def _measure(
        self,
        source: Source,
        labels: LabelCheck,
        on_progress: Progress | None,
        *,
        is_baseline: bool = False,
    ) -> list[_Part]:
        request = self.request
        scoring = Scoring(
            queries=request.queries.queries,
            cases=request.dataset.cases,
            ks=request.ks,
            tokens=Tokens(source.texts),
            broken=labels.broken,
        )
        parts = []
        for searcher in source.searchers:
            searched = search_all(
                source,
                searcher,
                request.queries.queries,
                depth=request.deepest,
                principal=request.principal,
                on_progress=on_progress,
            )
            cost = source.cost_usd.get(searcher.name)
            scored = scoring.score(searcher.name, searched.hits, cost)
            run = self._run(source, searched, scored, scoring.names)
            parts.append(
                _Part(
                    source=source,
                    searched=searched,
                    scored=scored,
                    run=run,
                    is_baseline=is_baseline,
                )
            )
        return parts

    def _run(
        self, source: Source, searched: Searched, scored: Scored, names: Sequence[str]
    ) -> EvalRun:
        samples = scored.samples
        if searched.has_moved:
            samples = tuple(replace(s, error=MOVED, scores=()) for s in samples)
        target = _target(source, searched)
        return EvalRun(
            run_id="",
            prompt=target.ref,
            prompt_digest=target.digest,
            dataset=self.request.dataset.name,
            dataset_digest=self.request.dataset.digest,
            model="",
            resolved_models=(),
            repeats=1,
            started_at=self.started_at,
            summary=summarise(samples, names, searched.wall_s),
            samples=samples,
            scorer_digests=scorer_digests(names),
            settings={"retriever": searched.retriever, "depth": self.request.deepest},
        )

    def _kept(self, part: _Part, artifact: str) -> _Part:
        notes: dict[str, Any] = {
            "check": self.check_id,
            "ranked": artifact,
            "index": part.searched.after,
            "ks": list(self.request.ks),
            "k": headline_k(self.request.ks),
            "depth": self.request.deepest,
            "is_baseline": part.is_baseline,
            "groups": sorted(self.request.principal.groups),
        }
        target = _target(part.source, part.searched)
        run_id = keep_run(self._history, part.run, target, notes)
        samples = part.run.samples
        if self.request.redacted:
            samples = tuple(masked(sample) for sample in samples)
        return replace(part, run=replace(part.run, run_id=run_id, samples=samples))

    def _lists(self, parts: Sequence[_Part]) -> RankedLists:
        return RankedLists(
            query_ids=tuple(query.id for query in self.request.queries.queries),
            indexes={part.searched.retriever: part.searched.after for part in parts},
            hits={part.searched.retriever: part.searched.hits for part in parts},
        )

    def _report(
        self,
        parts: Sequence[_Part],
        others: Sequence[_Part],
        baseline: Baseline,
        labels: LabelCheck,
        artifact: str,
    ) -> RetrievalReport:
        request, k = self.request, headline_k(self.request.ks)
        rows = _rows(parts, others, baseline)
        beside = side_by_side(rows)
        reasons = _reasons([*parts, *others], labels)
        hits = {part.searched.retriever: part.searched.hits for part in parts}
        queries = request.queries.queries
        return RetrievalReport(
            report_id=self.check_id,
            corpus=self.source.corpus,
            index_fingerprint=parts[0].searched.after,
            index=dict(self.source.facts),
            queries=request.dataset.ref,
            queries_digest=request.dataset.digest,
            query_count=len(queries),
            excluded=len(labels.broken),
            synthetic=sum(query.is_synthetic for query in queries),
            ks=request.ks,
            k=k,
            depth=request.deepest,
            principal=request.principal.name,
            scorers=tuple(parts[0].run.scorer_digests),
            verdict=INCONCLUSIVE if reasons else MEASURED,
            reasons=reasons,
            remarks=self._remarks(labels, baseline),
            baseline=baseline.name,
            rows=beside,
            slices=slice_scores(rows, k),
            per_query=query_rows(
                queries, hits, k=k, broken=labels.broken, redacted=request.redacted
            ),
            ranked_artifact=artifact,
            started_at=self.started_at,
            runs=tuple(each.run for each in rows),
        )

    def _remarks(self, labels: LabelCheck, baseline: Baseline) -> tuple[str, ...]:
        remarks = [*self.request.queries.remarks, *labels.remarks]
        if labels.broken:
            remarks.append(
                f"{len(labels.broken):,} queries with such labels are out of every mean."
            )
        count = len(self.source.texts)
        beyond = [k for k in self.request.ks if k > count]
        if beyond:
            remarks.append(
                f"The index holds {count:,} documents, fewer than k = "
                f"{', '.join(map(str, beyond))}: precision is bounded by that."
            )
        digests = {run.dataset_digest for run in (baseline.runs or {}).values()}
        if digests - {self.request.dataset.digest}:
            remarks.append("The baseline had other queries: only those in common are compared.")
        return tuple(remarks)


def _target(source: Source, searched: Searched) -> RetrieverTarget:
    return RetrieverTarget(
        corpus=source.corpus, retriever=searched.retriever, index_fingerprint=searched.after
    )


def _rows(parts: Sequence[_Part], others: Sequence[_Part], baseline: Baseline) -> list[MeasuredRow]:
    """Return all rows with what each is held against: its own kind in the baseline, if there."""
    runs = {part.searched.retriever: part.run for part in others} or dict(baseline.runs or {})
    inside = baseline.retriever or parts[0].searched.retriever
    found = []
    for part in parts:
        name = part.searched.retriever
        against: EvalRun | None
        if runs:
            against = runs.get(name) or next(iter(runs.values()))
        else:
            own = next(p for p in parts if p.searched.retriever == inside)
            against = None if own is part else own.run
        found.append(MeasuredRow(row=_row(part), run=part.run, against=against))
    found += [MeasuredRow(row=_row(part), run=part.run) for part in others]
    earlier = baseline.runs or {}
    found += [
        MeasuredRow(row=row, run=earlier[row.retriever])
        for row in baseline.rows
        if row.retriever in earlier
    ]
    return found


def _row(part: _Part) -> RetrievalRow:
    searched = part.searched
    count = len(searched.hits)
    return RetrievalRow(
        retriever=searched.retriever,
        corpus=part.source.corpus,
        index_fingerprint=searched.after,
        run_id=part.run.run_id,
        scores=(),
        context_tokens={str(k): value for k, value in part.scored.context_tokens.items()},
        ms_per_query=1000 * searched.wall_s / count if count else None,
        is_baseline=part.is_baseline,
    )


def _reasons(parts: Sequence[_Part], labels: LabelCheck) -> tuple[str, ...]:
    found = [
        f"The index of {part.source.corpus} changed while {part.searched.retriever} searched it."
        for part in parts
        if part.searched.has_moved
    ]
    indexes = {(part.source.corpus, part.searched.after) for part in parts}
    if not found and len(indexes) > len({corpus for corpus, _ in indexes}):
        found.append("The index changed between two retrievers: they searched different ones.")
    if not labels.is_conclusive:
        found.append(
            f"{len(labels.broken):,} of {labels.queries:,} queries cannot be measured, more than "
            f"{MOST_EXCLUDED:.0%}: what is left is not what was asked about."
        )
    return tuple(found)
