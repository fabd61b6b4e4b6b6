"""How a run differs from its baseline, paired by case; and how two equal runs differ by chance.

What makes a case hard is the same in both runs and drops out. Several scores are tested together,
so their p-values are adjusted (Holm); a slice's are adjusted over the slices of its score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import stdev

from llmops_magics.evals.case_score import CaseScore, by_case, case_score, unit_bounds
from llmops_magics.evals.direction import prefers_higher
from llmops_magics.evals.run import (
    ChanceFlips,
    ChanceReport,
    Comparison,
    EvalRun,
    Sample,
    ScoreDifference,
    SliceDifference,
)
from llmops_magics.record import canonical_json
from llmops_magics.statistics.estimate import estimate_mean
from llmops_magics.statistics.interval import CONFIDENCE
from llmops_magics.statistics.multiple import holm
from llmops_magics.statistics.paired import PairedDifference, are_bools, paired_difference

BETTER, WORSE, NOISE, UNKNOWN = "better", "worse", "within noise", "not measured"
MIN_SLICE = 5  # fewer cases are anecdotes, and named as cases already
MOST_SLICES = 30
Pairs = Mapping[str, tuple[bool | float, bool | float]]


def compare(candidate: EvalRun, baseline: EvalRun) -> Comparison:
    """Return candidate minus baseline on the cases that both runs hold unchanged.

    Common are cases of the same id, inputs and expected answer; how many are not is counted. Each
    scorer is compared on those where both runs have a value; which way is better, ``direction``
    says. Labels are left out.
    """
    both = _Both.of(candidate, baseline)
    names = [name for name in _names_of(candidate) if name in _names_of(baseline)]
    found = [d for d in (both.difference(name) for name in names) if d is not None]
    return Comparison(
        baseline_run_id=baseline.run_id,
        baseline_prompt=baseline.prompt,
        candidate_prompt=candidate.prompt,
        common_cases=len(both.common),
        differences=_adjusted(found),
        baseline_outputs={case: both.theirs[case][0].output for case in both.common},
        same_dataset=candidate.dataset_digest == baseline.dataset_digest,
        candidate_only=len(both.ours.keys() - both.theirs.keys()),
        baseline_only=len(both.theirs.keys() - both.ours.keys()),
        changed=len(both.ours.keys() & both.theirs.keys()) - len(both.common),
    )


def chance_flips(run_a: EvalRun, run_b: EvalRun) -> ChanceReport:
    """Return what changed between two runs of one prompt on the same cases (an A/A run).

    As many cases of a comparison flip by chance alone: ``rate`` times their number. A value of
    repeats that differs at all counts as flipped. Labels are left out.
    """
    both = _Both.of(run_a, run_b)
    names = [name for name in _names_of(run_a) if name in _names_of(run_b)]
    found = (both.flips(name) for name in names)
    return ChanceReport(
        prompt=run_a.prompt,
        run_ids=(run_a.run_id, run_b.run_id),
        common_cases=len(both.common),
        scores=tuple(flips for flips in found if flips is not None),
    )


@dataclass(frozen=True, kw_only=True)
class _Both:
    """Two runs by case, and the ids of the cases that both hold unchanged."""

    ours: Mapping[str, Sequence[Sample]]
    theirs: Mapping[str, Sequence[Sample]]
    common: tuple[str, ...]

    @classmethod
    def of(cls, run: EvalRun, other: EvalRun) -> _Both:
        ours, theirs = by_case(run.samples), by_case(other.samples)
        common = tuple(
            case
            for case in ours
            if case in theirs and _question(ours[case][0]) == _question(theirs[case][0])
        )
        return cls(ours=ours, theirs=theirs, common=common)

    def scores(self, scorer: str) -> dict[str, tuple[CaseScore, CaseScore]] | None:
        """Return both runs' scores by common case; None for labels."""
        found = {
            case: (case_score(self.ours[case], scorer), case_score(self.theirs[case], scorer))
            for case in self.common
        }
        is_label = any(score.is_label for pair in found.values() for score in pair)
        return None if is_label else found

    def groups(self, cases: Sequence[str]) -> list[str]:
        return [self.ours[case][0].group for case in cases]

    def tags(self, case: str) -> tuple[str, ...]:
        return self.ours[case][0].tags

    def difference(self, scorer: str) -> ScoreDifference | None:
        scores = self.scores(scorer)
        if scores is None:
            return None
        pairs = _pairs(scores)
        bounds = _bounds(pairs)
        result = self.paired(pairs, bounds)
        is_proportion = are_bools(list(pairs.values()))
        higher = prefers_higher(scorer, is_assertion=is_proportion)
        rose = tuple(case for case, (one, other) in pairs.items() if one > other)
        fell = tuple(case for case, (one, other) in pairs.items() if one < other)
        return ScoreDifference(
            scorer=scorer,
            difference=result.difference,
            low=result.interval.low if result.interval else None,
            high=result.interval.high if result.interval else None,
            method=result.interval.method if result.interval else "",
            n=result.n,
            improved=rose if higher else fell,
            regressed=fell if higher else rose,
            is_proportion=is_proportion,
            standard_error=result.standard_error,
            groups=result.groups,
            test=result.test,
            p_value=result.p_value,
            missing=sum(one.lacks or other.lacks for one, other in scores.values()),
            slices=self.slices(pairs, bounds, higher_is_better=higher),
        )

    def paired(self, pairs: Pairs, bounds: tuple[float, float] | None) -> PairedDifference:
        return paired_difference(
            [pair[0] for pair in pairs.values()],
            [pair[1] for pair in pairs.values()],
            bounds,
            groups=self.groups(list(pairs)),
        )

    def slices(
        self, pairs: Pairs, bounds: tuple[float, float] | None, *, higher_is_better: bool
    ) -> tuple[SliceDifference, ...]:
        """Compare the cases of each tag, the largest slices; one that holds every case is none."""
        by_tag: dict[str, list[str]] = {}
        for case in pairs:
            for tag in self.tags(case):
                by_tag.setdefault(tag, []).append(case)
        sizes = {tag: len(own) for tag, own in by_tag.items() if MIN_SLICE <= len(own) < len(pairs)}
        largest = sorted(sizes, key=lambda tag: (-sizes[tag], tag))[:MOST_SLICES]
        results = [self.paired({c: pairs[c] for c in by_tag[tag]}, bounds) for tag in largest]
        adjusted = holm([result.p_value or 0.0 for result in results])
        return tuple(
            _slice(tag, result, p, higher_is_better=higher_is_better)
            for tag, result, p in zip(largest, results, adjusted, strict=True)
        )

    def flips(self, scorer: str) -> ChanceFlips | None:
        scores = self.scores(scorer)
        if scores is None:
            return None
        pairs = _pairs(scores)
        flipped = [one != other for one, other in pairs.values()]
        rate = estimate_mean(flipped, self.groups(list(pairs)), is_proportion=True)
        differences = [float(one) - float(other) for one, other in pairs.values()]
        return ChanceFlips(
            scorer=scorer,
            n=len(pairs),
            flips=sum(flipped),
            rate=rate.mean,
            low=rate.interval.low if rate.interval else None,
            high=rate.interval.high if rate.interval else None,
            spread=stdev(differences) if len(differences) > 1 else None,
            p_value=self.paired(pairs, _bounds(pairs)).p_value,
            is_proportion=are_bools(list(pairs.values())),
        )


def verdict_of(
    low: float | None,
    high: float | None,
    p_adjusted: float | None,
    *,
    higher_is_better: bool = True,
) -> str:
    """Say better or worse where the interval leaves out 0 and the adjusted test agrees."""
    if low is None or high is None or p_adjusted is None:
        return UNKNOWN
    if low <= 0 <= high or p_adjusted > 1 - CONFIDENCE + 1e-12:
        return NOISE
    return BETTER if (low > 0) == higher_is_better else WORSE


def _adjusted(found: Sequence[ScoreDifference]) -> tuple[ScoreDifference, ...]:
    """Adjust the p-values of all scores that have one for each other, and call the verdicts."""
    tested = [d for d in found if d.p_value is not None]
    adjusted = holm([d.p_value for d in tested if d.p_value is not None])
    by_scorer = {d.scorer: p for d, p in zip(tested, adjusted, strict=True)}
    return tuple(
        replace(
            d,
            p_adjusted=by_scorer.get(d.scorer),
            verdict=verdict_of(
                d.low,
                d.high,
                by_scorer.get(d.scorer),
                higher_is_better=prefers_higher(d.scorer, is_assertion=d.is_proportion),
            ),
        )
        for d in found
    )


def _slice(
    tag: str, result: PairedDifference, adjusted: float, *, higher_is_better: bool
) -> SliceDifference:
    low = result.interval.low if result.interval else None
    high = result.interval.high if result.interval else None
    return SliceDifference(
        tag=tag,
        difference=result.difference,
        low=low,
        high=high,
        method=result.interval.method if result.interval else "",
        n=result.n,
        p_value=result.p_value,
        p_adjusted=adjusted,
        verdict=verdict_of(low, high, adjusted, higher_is_better=higher_is_better),
    )


def _pairs(scores: Mapping[str, tuple[CaseScore, CaseScore]]) -> Pairs:
    return {
        case: (one.value, other.value)
        for case, (one, other) in scores.items()
        if one.value is not None and other.value is not None
    }


def _bounds(pairs: Pairs) -> tuple[float, float] | None:
    """Return 0 and 1, or the range of values seen: what an unseen difference may come to.

    None where there is but one value: nothing is then known of how far another may lie.
    """
    values = [float(value) for pair in pairs.values() for value in pair]
    unit = unit_bounds(values)
    if unit is not None or not values or min(values) == max(values):
        return unit
    return min(values), max(values)


def _question(sample: Sample) -> bytes:
    return canonical_json([sample.inputs, sample.expected])


def _names_of(run: EvalRun) -> tuple[str, ...]:
    return tuple(score.scorer for score in run.summary.scores)
