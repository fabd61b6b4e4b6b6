"""One pass over a run's samples, for all that shows the run: which rows come first, and by what.

A large run's samples lie in the store, and its static view, its JSON and its live table would each
read them all. They share this instead: a few short values a row. What is shown of a row is read
from the run then, masked as the run masks it.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from llmops_magics.evals.review.selection import unmasked, vote

if TYPE_CHECKING:
    from llmops_magics.evals.run import EvalRun, Sample, Score


class Row(NamedTuple):
    """What sorting and filtering need of one sample."""

    position: int
    case_id: str
    rank: int  # 0 failed, 1 worse than the baseline, 2 the rest
    failing: tuple[str, ...]  # the scorers that failed it
    tags: tuple[str, ...]
    scores: dict[str, Any]
    latency_ms: float
    cost_usd: float

    @property
    def is_failed(self) -> bool:
        """Tell whether the sample failed."""
        return self.rank == 0


class _Scanned(NamedTuple):
    """What is kept of the run scanned last: its rows, and its first samples by how many."""

    run: weakref.ref[EvalRun]
    rows: tuple[Row, ...]
    first: dict[int, list[Sample]]


_LAST: list[_Scanned] = []


def scan(run: EvalRun) -> tuple[Row, ...]:
    """Return the rows of a run in its order; those of the run scanned last are kept."""
    return _scanned(run).rows


def first_samples(run: EvalRun, limit: int) -> list[Sample]:
    """Return the first samples in the order of attention, as the run shows them."""
    scanned = _scanned(run)
    if limit not in scanned.first:
        places = [row.position for row in sorted(scanned.rows, key=lambda row: row.rank)[:limit]]
        scanned.first[limit] = [run.samples[place] for place in places]
    return scanned.first[limit]


def _scanned(run: EvalRun) -> _Scanned:
    for known in _LAST:
        if known.run() is run:
            return known
    worse = regressed_cases(run)
    rows = tuple(_row(*numbered, worse) for numbered in enumerate(unmasked(run)))
    made = _Scanned(weakref.ref(run), rows, {})
    _LAST[:] = [made]
    return made


def regressed_cases(run: EvalRun) -> frozenset[str]:
    """Return the ids of the cases that some scorer saw get worse."""
    differences = run.comparison.differences if run.comparison else ()
    return frozenset(case for item in differences for case in item.regressed)


def improved_cases(run: EvalRun) -> frozenset[str]:
    """Return the ids of the cases that some scorer saw get better."""
    differences = run.comparison.differences if run.comparison else ()
    return frozenset(case for item in differences for case in item.improved)


def _row(position: int, sample: Sample, worse: frozenset[str]) -> Row:
    return Row(
        position=position,
        case_id=sample.case_id,
        rank=0 if sample.failed else 1 if sample.case_id in worse else 2,
        failing=tuple(score.scorer for score in sample.scores if _fails(score)),
        tags=sample.tags,
        scores={score.scorer: score.value for score in sample.scores},
        latency_ms=sample.latency_ms or 0.0,
        cost_usd=float(sample.cost_usd or 0),
    )


def _fails(score: Score) -> bool:
    return vote(score) is False or (score.value is None and score.applicable)
