"""Set measured retrievers side by side: each row against its baseline, adjusted for one another.

Differences are paired by query and tested as those of any two eval runs; the p-values of all rows
and scores are adjusted together (Holm), those of slices over the slices of a score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from llmops_magics.evals.case_score import unit_bounds
from llmops_magics.evals.comparison import MIN_SLICE, MOST_SLICES, compare, verdict_of
from llmops_magics.evals.matrix import MatrixDifference, MatrixScore
from llmops_magics.evals.retrieval.record import RetrievalRow, SliceScore
from llmops_magics.evals.run import EvalRun, ScoreDifference, ScoreSummary, SliceDifference
from llmops_magics.statistics.estimate import estimate_mean
from llmops_magics.statistics.multiple import holm

HEADLINES = ("token_recall", "recall", "ndcg")


@dataclass(frozen=True, kw_only=True)
class MeasuredRow:
    """One retriever's run, and the run that it is held against, None for the baseline itself."""

    row: RetrievalRow
    run: EvalRun
    against: EvalRun | None = None


def headline_k(ks: Sequence[int]) -> int:
    """Return the k that per-query rows and slices are about: 10, or without that the largest."""
    return 10 if 10 in ks else max(ks)


def side_by_side(measured: Sequence[MeasuredRow]) -> tuple[RetrievalRow, ...]:
    """Return the rows with their scores and differences."""
    found = [_differences(each) for each in measured]
    tested = [
        (number, d.scorer, d.p_value)
        for number, own in enumerate(found)
        for d in own.values()
        if d.p_value is not None
    ]
    adjusted = holm([p_value for *_, p_value in tested])
    by_place = {(n, scorer): p for (n, scorer, _), p in zip(tested, adjusted, strict=True)}
    return tuple(
        replace(
            each.row,
            against=each.against.run_id if each.against else "",
            scores=tuple(
                _score(item, own.get(item.scorer), by_place.get((number, item.scorer)))
                for item in each.run.summary.scores
            ),
        )
        for number, (each, own) in enumerate(zip(measured, found, strict=True))
    )


def slice_scores(measured: Sequence[MeasuredRow], k: int) -> tuple[SliceScore, ...]:
    """Return the headline scores by tag, the largest slices; one that holds every query is none."""
    return tuple(one for each in measured for one in _slices(each, k))


def _differences(measured: MeasuredRow) -> Mapping[str, ScoreDifference]:
    if measured.against is None:
        return {}
    runs = _untagged(measured.run), _untagged(measured.against)
    return {item.scorer: item for item in compare(*runs).differences}


def _untagged(run: EvalRun) -> EvalRun:
    """Return a run without tags: slices of every score would be many times the work."""
    return replace(run, samples=tuple(replace(sample, tags=()) for sample in run.samples))


def _score(
    item: ScoreSummary, difference: ScoreDifference | None, p_adjusted: float | None
) -> MatrixScore:
    against = None
    if difference is not None:
        against = MatrixDifference(
            difference=difference.difference,
            low=difference.low,
            high=difference.high,
            method=difference.method,
            n=difference.n,
            p_adjusted=p_adjusted,
            verdict=verdict_of(difference.low, difference.high, p_adjusted),
        )
    return MatrixScore(
        scorer=item.scorer,
        mean=item.mean,
        low=item.low,
        high=item.high,
        n=item.n,
        missing=item.missing,
        is_proportion=item.is_proportion,
        against=against,
    )


def _slices(measured: MeasuredRow, k: int) -> Iterator[SliceScore]:
    run = measured.run
    wanted = [s for s in run.summary.scores if s.scorer in {f"{name}@{k}" for name in HEADLINES}]
    differences: dict[tuple[str, str], SliceDifference] = {}
    if measured.against is not None:
        few = replace(run, summary=replace(run.summary, scores=tuple(wanted)))
        for item in compare(few, measured.against).differences:
            differences |= {(item.scorer, one.tag): one for one in item.slices}
    sizes = Counter(tag for sample in run.samples for tag in sample.tags)
    largest = sorted((t for t in sizes if sizes[t] >= MIN_SLICE), key=lambda t: (-sizes[t], t))
    for tag in [t for t in largest if sizes[t] < len(run.samples)][:MOST_SLICES]:
        for score in wanted:
            yield _slice(measured, tag, score.scorer, differences.get((score.scorer, tag)))


def _slice(
    measured: MeasuredRow, tag: str, scorer: str, difference: SliceDifference | None
) -> SliceScore:
    own = [sample for sample in measured.run.samples if tag in sample.tags]
    known = [(float(v), s.group) for s in own if isinstance(v := s.value(scorer), int | float)]
    values = [value for value, _ in known]
    found = estimate_mean(values, [group for _, group in known], bounds=unit_bounds(values))
    return SliceScore(
        tag=tag,
        retriever=measured.row.retriever,
        scorer=scorer,
        mean=found.mean,
        low=found.interval.low if found.interval else None,
        high=found.interval.high if found.interval else None,
        n=found.n,
        difference=difference.difference if difference else None,
        p_adjusted=difference.p_adjusted if difference else None,
        verdict=difference.verdict if difference else "",
    )
