"""Several runs on the same cases as one table: targets x models x settings.

Each row is an ordinary run that is stored as one; the matrix only sets them side by side. Every
difference is against one row, the reference, paired by case, and all of them are adjusted for one
another (Holm). No row is called the best of a score unless it beats every other one beyond noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.errors import UsageError
from llmops_magics.evals.comparison import BETTER, compare, verdict_of
from llmops_magics.evals.direction import prefers_higher
from llmops_magics.evals.run import EvalRun, ScoreDifference, ScoreSummary
from llmops_magics.record import Record
from llmops_magics.statistics.multiple import holm

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class MatrixDifference:
    """A row minus the reference; ``p_adjusted`` is over all rows and scores of the matrix."""

    difference: float | None
    low: float | None
    high: float | None
    method: str
    n: int
    p_adjusted: float | None
    verdict: str


@dataclass(frozen=True, kw_only=True)
class MatrixScore:
    """One score of one row; ``against`` is None in the reference's own.

    ``is_best`` is set where it is better than in every other row, beyond noise.
    """

    scorer: str
    mean: float | None
    low: float | None
    high: float | None
    n: int
    missing: int
    is_proportion: bool
    is_best: bool = False
    against: MatrixDifference | None = None


@dataclass(frozen=True, kw_only=True)
class MatrixRow:
    """One run. ``cost_per_case_usd`` is None while an answer of it has no price."""

    run_id: str
    target: str
    model: str
    settings: dict[str, Any]
    is_reference: bool
    cases: int
    errors: int
    scores: tuple[MatrixScore, ...]
    cost_usd: Decimal
    unpriced_samples: int
    cost_per_case_usd: Decimal | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None

    def score(self, scorer: str) -> MatrixScore | None:
        """Return one score, None where the run has no such."""
        return next((score for score in self.scores if score.scorer == scorer), None)


@dataclass(frozen=True, kw_only=True)
class EvalMatrix(Record):
    """Runs side by side; ``same_dataset`` is off where they are of different dataset versions."""

    kind: ClassVar[str] = "eval-matrix"

    dataset: str
    dataset_digest: str
    repeats: int
    scorers: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    same_dataset: bool = True
    wall_s: float = field(default=0.0)

    @property
    def reference(self) -> MatrixRow:
        """The row that the others are compared with."""
        return next(row for row in self.rows if row.is_reference)

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The runs, in the order of the rows."""
        return tuple(row.run_id for row in self.rows)

    def to_pandas(self) -> pd.DataFrame:
        """One row a run: its settings, each score with its difference, cost, latency, errors."""
        import pandas as pd

        return pd.DataFrame([_flat(row) for row in self.rows])


def build_matrix(
    runs: Sequence[EvalRun],
    *,
    settings: Sequence[Mapping[str, Any]] = (),
    baseline: EvalRun | None = None,
) -> EvalMatrix:
    """Set runs side by side; ``settings`` are what each was made with, if not what it says itself.

    The reference is the baseline, a row of its own unless it is one of the runs, else the first
    run. Raises ``UsageError`` for no run, one that stands there twice, or settings of another
    number of runs.
    """
    rows = list(runs)
    given = [dict(own) for own in settings] or [dict(run.settings) for run in rows]
    if not rows or len(given) != len(rows):
        raise UsageError(f"{len(given)} settings for {len(rows)} runs.")
    if baseline is not None and baseline.run_id not in {run.run_id for run in rows}:
        rows, given = [baseline, *rows], [dict(baseline.settings), *given]
    ids = [run.run_id for run in rows]
    if len(set(ids)) < len(ids):
        raise UsageError("A run stands in the matrix twice.")
    first = baseline or rows[0]
    pairs = _Pairs(rows, ids.index(first.run_id))
    return EvalMatrix(
        dataset=first.dataset,
        dataset_digest=first.dataset_digest,
        repeats=first.repeats,
        scorers=pairs.scorers,
        rows=tuple(_row(pairs, i, run, given[i]) for i, run in enumerate(rows)),
        same_dataset=all(one.dataset_digest == two.dataset_digest for one, two in pairwise(rows)),
        wall_s=sum(run.summary.wall_s for run in rows),
    )


class _Pairs:
    """The comparisons of a matrix: each pair of rows is compared once, when it is asked for."""

    def __init__(self, runs: Sequence[EvalRun], reference: int) -> None:
        self.runs = runs
        self.reference = reference
        self._made: dict[tuple[int, int], dict[str, ScoreDifference]] = {}

    @cached_property
    def scorers(self) -> tuple[str, ...]:
        """The names of all scores, in the order in which they come."""
        return tuple(dict.fromkeys(s.scorer for run in self.runs for s in run.summary.scores))

    def of(self, row: int, other: int) -> Mapping[str, ScoreDifference]:
        """Return a row minus another one, by scorer."""
        if (row, other) not in self._made:
            found = compare(self.runs[row], self.runs[other]).differences
            self._made[row, other] = {item.scorer: item for item in found}
        return self._made[row, other]

    @cached_property
    def adjusted(self) -> Mapping[tuple[int, str], float]:
        """The p-values against the reference, adjusted for all rows and scores."""
        others = [i for i in range(len(self.runs)) if i != self.reference]
        items = [(i, item) for i in others for item in self.of(i, self.reference).values()]
        tested = [(i, item.scorer, item.p_value) for i, item in items if item.p_value is not None]
        return {
            (i, scorer): p
            for (i, scorer, _), p in zip(tested, holm([p for *_, p in tested]), strict=True)
        }

    def against(self, row: int, scorer: str) -> MatrixDifference | None:
        """Return a row's difference from the reference."""
        item = None if row == self.reference else self.of(row, self.reference).get(scorer)
        if item is None:
            return None
        p_adjusted = self.adjusted.get((row, scorer))
        return MatrixDifference(
            difference=item.difference,
            low=item.low,
            high=item.high,
            method=item.method,
            n=item.n,
            p_adjusted=p_adjusted,
            verdict=_verdict(item, p_adjusted),
        )

    @cached_property
    def best(self) -> Mapping[str, int]:
        """The best row of each score that has one.

        The row with the best mean is held against every other. Which pairs are looked at the data
        decide, so the adjustment counts all pairs of all scores: those not looked at as p = 1,
        which makes Holm's adjustment of the others no smaller than it is.
        """
        leaders = {s: leader for s in self.scorers if (leader := self._leader(s)) is not None}
        looked_at = [(s, o, self.of(b, o).get(s)) for s, b in leaders.items() for o in self._not(b)]
        p_values = [1.0 if i is None or i.p_value is None else i.p_value for *_, i in looked_at]
        all_pairs = len(self.scorers) * len(self.runs) * (len(self.runs) - 1) // 2
        adjusted = holm([*p_values, *[1.0] * (all_pairs - len(p_values))])
        beaten = dict.fromkeys(leaders, 0)
        for (scorer, _, item), p in zip(looked_at, adjusted, strict=False):
            beaten[scorer] += item is not None and _verdict(item, p) == BETTER
        return {s: leaders[s] for s, n in beaten.items() if n and n == len(self.runs) - 1}

    def _leader(self, scorer: str) -> int | None:
        found = [(i, s) for i, run in enumerate(self.runs) if (s := _summary(run, scorer))]
        means = [(s.mean, i, s) for i, s in found if s.mean is not None]
        if not means:
            return None
        higher = prefers_higher(scorer, is_assertion=all(s.is_proportion for *_, s in means))
        return (max if higher else min)(means, key=lambda each: each[0])[1]

    def _not(self, row: int) -> Iterator[int]:
        return (i for i in range(len(self.runs)) if i != row)


def _row(pairs: _Pairs, index: int, run: EvalRun, settings: dict[str, Any]) -> MatrixRow:
    totals = run.summary
    is_priced = not totals.unpriced_samples and totals.cases
    return MatrixRow(
        run_id=run.run_id,
        target=run.prompt,
        model=run.model,
        settings=settings,
        is_reference=index == pairs.reference,
        cases=totals.cases,
        errors=totals.errors,
        scores=tuple(
            _score(summary, pairs.against(index, summary.scorer), pairs.best, index)
            for summary in totals.scores
        ),
        cost_usd=totals.cost_usd,
        unpriced_samples=totals.unpriced_samples,
        cost_per_case_usd=totals.cost_usd / totals.cases if is_priced else None,
        latency_p50_ms=totals.latency_p50_ms,
        latency_p95_ms=totals.latency_p95_ms,
    )


def _score(
    summary: ScoreSummary, against: MatrixDifference | None, best: Mapping[str, int], index: int
) -> MatrixScore:
    return MatrixScore(
        scorer=summary.scorer,
        mean=summary.mean,
        low=summary.low,
        high=summary.high,
        n=summary.n,
        missing=summary.missing,
        is_proportion=summary.is_proportion,
        is_best=best.get(summary.scorer) == index,
        against=against,
    )


def _summary(run: EvalRun, scorer: str) -> ScoreSummary | None:
    return next((score for score in run.summary.scores if score.scorer == scorer), None)


def _verdict(item: ScoreDifference, p_adjusted: float | None) -> str:
    higher = prefers_higher(item.scorer, is_assertion=item.is_proportion)
    return verdict_of(item.low, item.high, p_adjusted, higher_is_better=higher)


def _flat(row: MatrixRow) -> dict[str, Any]:
    found: dict[str, Any] = {"run_id": row.run_id, "target": row.target, "model": row.model}
    found |= {f"settings.{name}": value for name, value in row.settings.items()}
    for score in row.scores:
        found[score.scorer] = score.mean
        found[f"{score.scorer}.low"], found[f"{score.scorer}.high"] = score.low, score.high
        if score.against:
            found[f"{score.scorer}.difference"] = score.against.difference
            found[f"{score.scorer}.verdict"] = score.against.verdict
    return found | {
        "cost_per_case_usd": row.cost_per_case_usd,
        "latency_p50_ms": row.latency_p50_ms,
        "latency_p95_ms": row.latency_p95_ms,
        "errors": row.errors,
    }
