"""Run a sweep: measure every configuration, choose, and say what the choice would change."""

from __future__ import annotations

import hashlib
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass

from llmops_magics.errors import UsageError
from llmops_magics.evals.comparison import verdict_of
from llmops_magics.evals.retrieval.scoring import Scoring
from llmops_magics.evals.retrieval.sweep.choice import Choice, Scores, Standing, choose
from llmops_magics.evals.retrieval.sweep.grid import base
from llmops_magics.evals.retrieval.sweep.record import (
    CHOSEN,
    INCONCLUSIVE,
    Estimate,
    HeldOut,
    SweepChange,
    SweepReport,
    SweepRow,
    name_of,
)
from llmops_magics.evals.retrieval.sweep.request import Current, SweepRequest
from llmops_magics.evals.retrieval.sweep.stored import new_sweep_id
from llmops_magics.evals.retrieval.sweep.trial import Material, Measured, Progress, Trials
from llmops_magics.evals.size_verdict import MIN_CASES
from llmops_magics.record import format_time, utc_now
from llmops_magics.retrieval.measure.label import MOST_EXCLUDED, LabelCheck, check_labels
from llmops_magics.retrieval.measure.text import Tokens
from llmops_magics.retrieval.search.spec import LEXICAL
from llmops_magics.statistics.estimate import MeanEstimate
from llmops_magics.statistics.paired import PairedDifference

EXACT = (
    "Search was exact and in memory, and no index was built: what Chroma's approximation loses, "
    "and the time it takes, are not in these figures."
)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What was measured, and chosen; the places are those of queries within the scores."""

    measured: Sequence[Measured]
    scores: Scores
    choosing: Sequence[int]
    held: Sequence[int]
    choice: Choice

    @property
    def reporting(self) -> Sequence[int]:
        """The queries that say what the choice is worth."""
        return self.held or self.choosing


def run_sweep(
    request: SweepRequest, material: Material, on_progress: Progress | None = None
) -> SweepReport:
    """Measure and choose; nothing is stored. Vectors that are made stay in the cache."""
    started_at, clock = format_time(utc_now()), time.perf_counter()
    queries = request.queries.queries
    texts = {document.id: document.text for document in material.documents}
    labels = check_labels(queries, texts)
    scoring = Scoring(
        queries=queries,
        cases=request.dataset.cases,
        ks=request.grid.ks,
        tokens=Tokens(texts),
        broken=labels.broken,
    )
    trials = Trials(
        material,
        request.grid,
        scoring,
        principal=request.principal,
        depth=request.depth,
        on_progress=on_progress,
    )
    measured = list(trials.run())
    found = _choose(request, measured, labels)
    reasons = _reasons(found, labels, is_held_out=request.holdout > 0)
    remarks = (*request.queries.remarks, *labels.remarks, *request.grid.remarks, *trials.remarks)
    return SweepReport(
        sweep_id=new_sweep_id(),
        corpus=request.ref,
        corpus_fingerprint=request.fingerprint,
        queries=request.dataset.ref,
        queries_digest=request.dataset.digest,
        query_count=len(queries),
        excluded=len(labels.broken),
        synthetic=sum(query.is_synthetic for query in queries),
        principal=request.principal.name,
        score=request.score,
        margin=request.margin,
        holdout=request.holdout,
        chosen_on=len(found.choosing),
        verdict=INCONCLUSIVE if reasons else CHOSEN,
        reasons=reasons,
        remarks=(*remarks, *_remarks(request, found)),
        best="" if reasons else _name(measured[found.choice.best]),
        cheapest="" if reasons else _name(measured[found.choice.cheapest]),
        optimism=found.choice.optimism,
        held_out=_held_out(found),
        change=None if reasons else _change(request, found),
        embedded=trials.embedded,
        reused=trials.reused,
        wall_s=time.perf_counter() - clock,
        started_at=started_at,
        rows=_rows(request, found),
    )


def _choose(request: SweepRequest, measured: Sequence[Measured], labels: LabelCheck) -> _Found:
    queries = request.queries.queries
    scores = Scores(measured, request.score, [query.group for query in queries])
    if not scores.places:
        raise UsageError(
            "no query can be measured: every one has a label that the corpus cannot satisfy.",
            hint=" ".join(labels.remarks) or "Check the labels.",
        )
    units = [queries[n].group or queries[n].id for n in scores.places]
    held = _held(units, request.holdout)
    choosing = [n for n in range(len(units)) if n not in held] or list(range(len(units)))
    return _Found(
        measured=measured,
        scores=scores,
        choosing=choosing,
        held=sorted(held),
        choice=choose(measured, scores, choosing, request.margin),
    )


def _held(units: Sequence[str], share: float) -> set[int]:
    """Return the places that are held out: whole groups, by their digests, always the same."""
    ordered = sorted(set(units), key=lambda unit: hashlib.sha256(unit.encode()).digest())
    chosen = set(ordered[: min(round(share * len(ordered)), len(ordered) - 1)])  # one is left
    return {n for n, unit in enumerate(units) if unit in chosen}


def _reasons(found: _Found, labels: LabelCheck, *, is_held_out: bool) -> tuple[str, ...]:
    said = []
    if not labels.is_conclusive:
        said.append(
            f"{len(labels.broken):,} of {labels.queries:,} queries cannot be measured, more than "
            f"{MOST_EXCLUDED:.0%}: what is left is not what was asked about."
        )
    if len(found.choosing) < MIN_CASES:
        said.append(f"{len(found.choosing)} queries are too few: choosing takes {MIN_CASES}.")
    if is_held_out and not found.held:
        said.append("No query can be held out: all are of one group, or the share is too small.")
    if found.held and len(found.held) < MIN_CASES:
        said.append(f"{len(found.held)} queries are held out: a report takes {MIN_CASES}.")
    return tuple(said)


def _remarks(request: SweepRequest, found: _Found) -> list[str]:
    said = []
    count = len(found.measured)
    if count > 1 and not found.held:
        said.append(
            f"The best of {count} is chosen by the {len(found.choosing)} queries that its score is "
            f"of: that flatters it by {found.choice.optimism:.3f} or more. --holdout 0.5 chooses "
            "by one half and reports on the other."
        )
    if request.current is not None and not request.current.is_same_corpus:
        said.append("The index of now is of another version of the corpus than was swept.")
    return [*said, EXACT]


def _rows(request: SweepRequest, found: _Found) -> tuple[SweepRow, ...]:
    pair = request.current.pair if request.current else None
    pairs = zip(found.measured, found.choice.standings, strict=True)
    rows = [_row(request, each, own, found, pair) for each, own in pairs]
    means = [own.own.mean or 0.0 for own in found.choice.standings]
    order = sorted(
        range(len(rows)), key=lambda n: (n != found.choice.best, -means[n], rows[n].context_tokens)
    )
    return tuple(rows[n] for n in order)


def _row(
    request: SweepRequest,
    measured: Measured,
    standing: Standing,
    found: _Found,
    current: tuple[str, str] | None,
) -> SweepRow:
    own, ends = standing.own.interval, standing.difference.interval
    queries = [found.scores.places[n] for n in found.choosing]
    return SweepRow(
        chunker=measured.chunker,
        embedding=measured.embedding,
        retriever=measured.retriever,
        k=measured.k,
        scores={metric: _mean(values, queries) for metric, values in measured.values.items()}
        | {request.score: standing.own.mean},
        low=own.low if own else None,
        high=own.high if own else None,
        n=standing.own.n,
        difference=standing.difference.difference,
        difference_low=ends.low if ends else None,
        difference_high=ends.high if ends else None,
        p_adjusted=standing.p_adjusted,
        verdict=standing.verdict,
        context_tokens=measured.context_tokens,
        ms_per_query=measured.ms_per_query,
        chunks=measured.chunks,
        too_long=measured.too_long,
        tokens=measured.tokens,
        cost_usd=measured.cost_usd,
        is_current=(measured.chunker, measured.embedding) == current,
    )


def _mean(values: Sequence[float | None], queries: Sequence[int]) -> float | None:
    known = [value for n in queries if (value := values[n]) is not None]
    return sum(known) / len(known) if known else None


def _held_out(found: _Found) -> HeldOut | None:
    if not found.held:
        return None
    best, cheapest, scores = found.choice.best, found.choice.cheapest, found.scores
    return HeldOut(
        n=len(found.held),
        best=_estimate(scores.estimate(best, found.held)),
        cheapest=_estimate(scores.estimate(cheapest, found.held)),
        difference=_difference(scores.difference(cheapest, best, found.held)),
    )


def _change(request: SweepRequest, found: _Found) -> SweepChange:
    """Hold the cheapest against the index as it is now, searched in the same way."""
    chosen, current = found.measured[found.choice.cheapest], request.current
    same = [
        n
        for n, each in enumerate(found.measured)
        if current is not None
        and each.chunker == current.chunker
        and (each.retriever, each.k) == (chosen.retriever, chosen.k)
    ]
    exact = [n for n in same if current and found.measured[n].embedding == current.embedding]
    gain = None
    if exact or same:  # a lexical one stands for every embedder
        place = (exact or same)[0]
        gain = _difference(found.scores.difference(found.choice.cheapest, place, found.reporting))
    is_built = current is not None and current.pair == (chosen.chunker, chosen.embedding)
    words = ("%llm_index", "build", request.ref)
    line = (*words, "--chunker", chosen.chunker, "--embedding", chosen.embedding)
    return SweepChange(
        chunker=chosen.chunker,
        chunker_now=current.chunker if current else "",
        embedding=chosen.embedding,
        embedding_now=current.embedding if current else "",
        chunks=chosen.chunks,
        chunks_now=current.chunks if current else None,
        gain=gain,
        line="" if is_built else shlex.join(line),
    )


def _now(chosen: Measured, current: Current | None, measured: Sequence[Measured]) -> int | None:
    """Return the place of the index as it is now, searched as the chosen one is."""
    if current is None:
        return None
    any_embedder = base(chosen.retriever) == LEXICAL  # measured once for all
    for place, each in enumerate(measured):
        is_alike = (each.retriever, each.k) == (chosen.retriever, chosen.k)
        is_embedded = any_embedder or each.embedding == current.embedding
        if is_alike and is_embedded and each.chunker == current.chunker:
            return place
    return None


def _estimate(found: MeanEstimate) -> Estimate:
    ends = found.interval
    return Estimate(
        value=found.mean, low=ends.low if ends else None, high=ends.high if ends else None,
        n=found.n,
    )  # fmt: skip


def _difference(found: PairedDifference) -> Estimate:
    ends = found.interval
    low, high = (ends.low, ends.high) if ends else (None, None)
    verdict = verdict_of(low, high, found.p_value)
    return Estimate(value=found.difference, low=low, high=high, n=found.n, verdict=verdict)


def _name(measured: Measured) -> str:
    return name_of(measured.chunker, measured.embedding, measured.retriever, measured.k)
