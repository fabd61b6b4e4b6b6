"""One retriever's ranked lists as samples of an eval: queries are cases, metrics are scores.

Documents are ranked by their best chunk. Metrics of documents look at the first k documents,
metrics of tokens at the first k chunks, which is what a prompt would get.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import isnan

from llmops_magics.datasets.case import Case
from llmops_magics.evals.run import Sample, Score
from llmops_magics.evals.sample import unanswered
from llmops_magics.record import canonical_json, digest
from llmops_magics.retrieval.measure.query import Query
from llmops_magics.retrieval.measure.rank_metric import METRICS, rank_scores
from llmops_magics.retrieval.measure.ranking import (
    Hit,
    best_chunks,
    check_hits,
    document_scores,
)
from llmops_magics.retrieval.measure.span_metric import SPAN_METRICS, span_scores, unions
from llmops_magics.retrieval.measure.text import Tokens

ECONOMY = "recall_per_1k_tokens"
_VERSION = 1  # of what the metrics mean
_HELD_OUTPUT = 20  # documents that a sample names as the answer


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A retriever's samples, and how many tokens its first k chunks or documents hold, by k."""

    samples: tuple[Sample, ...]
    context_tokens: Mapping[int, float]


def scorer_names(ks: Sequence[int], *, with_spans: bool) -> tuple[str, ...]:
    """Return the names of all scores: the economy of a k stands beside its recall."""
    names = [f"recall@{k}" for k in ks] + [f"{ECONOMY}@{k}" for k in ks]
    names += [f"{metric}@{k}" for metric in METRICS if metric != "recall" for k in ks]
    spans = [f"{metric}@{k}" for metric in SPAN_METRICS for k in ks] if with_spans else []
    return (*spans, *names)


def scorer_digests(names: Sequence[str]) -> dict[str, str]:
    """Return what identifies each metric: its name and the version of its definition."""
    return {name: digest({"metric": name, "version": _VERSION}) for name in names}


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """What every retriever is scored with; ``broken`` says why a query cannot be measured."""

    queries: Sequence[Query]
    cases: Sequence[Case]  # the queries as cases, in their order
    ks: Sequence[int]
    tokens: Tokens
    broken: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all scores."""
        return scorer_names(self.ks, with_spans=any(query.has_spans for query in self.queries))

    def score(
        self, retriever: str, hits: Sequence[Sequence[Hit]], cost_usd: Decimal | None = None
    ) -> Scored:
        """Score ranked lists, one a query; ``cost_usd`` is that of one query, None if unknown.

        Raises ``RetrievalError`` for a score that is no number.
        """
        for query, own in zip(self.queries, hits, strict=True):
            check_hits(query.id, own, retriever)
        run = {q.id: document_scores(own) for q, own in zip(self.queries, hits, strict=True)}
        found = rank_scores({query.id: query.grades for query in self.queries}, run, self.ks)
        columns = {name: values.tolist() for name, values in found.values.items()}
        totals = dict.fromkeys(self.ks, 0)
        names, samples = self.names, []
        for number, (query, own) in enumerate(zip(self.queries, hits, strict=True)):
            documents = best_chunks(own)
            values = {name: column[number] for name, column in columns.items()}
            counts = self._add_tokens(values, query, own if query.has_spans else documents)
            for k in self.ks:
                totals[k] += counts[k]
            scores = tuple(self._score(query, name, values.get(name)) for name in names)
            samples.append(_sample(self.cases[number], documents, scores, cost_usd))
        tokens_by_k = {k: total / len(self.queries) for k, total in totals.items()}
        return Scored(samples=tuple(samples), context_tokens=tokens_by_k)

    def _add_tokens(
        self, values: dict[str, float], query: Query, hits: Sequence[Hit]
    ) -> dict[int, int]:
        """Add what is counted in tokens to a query's values; return the context's tokens by k."""
        counts: dict[int, int] = {}
        reference = unions(
            (label.document_id, label.start, label.end)
            for label in query.answers
            if label.start is not None and label.end is not None
        )
        for k in self.ks:
            fetched = unions((hit.document_id, hit.start, self._end(hit)) for hit in hits[:k])
            recall = values[f"recall@{k}"]
            counts[k] = sum(  # what chunks share stands twice in a prompt
                self.tokens.count(hit.document_id, hit.start, self._end(hit)) for hit in hits[:k]
            )
            if query.has_spans and query.id not in self.broken:
                *measured, _ = span_scores(reference, fetched, self.tokens)
                values.update(zip((f"{m}@{k}" for m in SPAN_METRICS), measured, strict=True))
                recall = measured[0]
            values[f"{ECONOMY}@{k}"] = 1000 * recall / counts[k] if counts[k] else 0.0
        return counts

    def _end(self, hit: Hit) -> int:
        return self.tokens.length(hit.document_id) if hit.end is None else hit.end

    def _score(self, query: Query, name: str, value: float | None) -> Score:
        if query.id in self.broken:
            return Score(scorer=name, value=None, reason=self.broken[query.id])
        if value is None or isnan(value):
            reason = "a label has no span" if value is None else "nothing is relevant"
            return Score(scorer=name, value=None, reason=reason, applicable=False)
        return Score(scorer=name, value=value > 0 if name.startswith("hit_rate@") else value)


def _sample(
    case: Case, documents: Sequence[Hit], scores: tuple[Score, ...], cost_usd: Decimal | None
) -> Sample:
    named = [hit.document_id for hit in documents[:_HELD_OUTPUT]]
    output = canonical_json(named).decode()
    return replace(unanswered(case, 0), output=output, scores=scores, cost_usd=cost_usd)
