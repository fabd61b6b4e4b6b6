"""What the samples of a run add up to, and how a run differs from its baseline.

The unit is the case: repeats of a case are averaged before anything else, never pooled as cases.
A missing score is neither a pass nor a fail; it is counted as missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmops_magics.evals.run import (
    Comparison,
    EvalRun,
    RunSummary,
    Sample,
    Score,
    ScoreDifference,
    ScoreSummary,
)
from llmops_magics.record import canonical_json
from llmops_magics.statistics.interval import Interval
from llmops_magics.statistics.mean import mean_interval
from llmops_magics.statistics.paired import paired_difference
from llmops_magics.statistics.proportion import wilson_interval
from llmops_magics.statistics.quantile import quantile

UNIT = (0.0, 1.0)
Cases = Mapping[str, Sequence[Sample]]


@dataclass(frozen=True, kw_only=True)
class CaseScore:
    """One scorer on one case: a bool as long as it is one assertion made once.

    ``value`` is None for labels and where nothing was observed.
    """

    value: bool | float | None
    is_assertion: bool
    is_label: bool
    is_missing: bool


def summarise(samples: Sequence[Sample], scorers: Sequence[str], wall_s: float) -> RunSummary:
    """Return the totals of a run: each score over cases, latency, tokens and cost.

    Latency's quantiles leave out failed calls. Costs that are known are summed; a sample that got
    an answer and has no price is counted as unpriced. ``wall_s`` is in seconds.
    """
    cases = _by_case(samples)
    latencies = [s.latency_ms for s in samples if not s.error and s.latency_ms is not None]
    return RunSummary(
        samples=len(samples),
        cases=len(cases),
        errors=sum(bool(sample.error) for sample in samples),
        failed_cases=tuple(case for case, own in cases.items() if any(s.failed for s in own)),
        scores=tuple(summarise_score(cases, name) for name in score_names(samples, scorers)),
        latency_p50_ms=quantile(latencies, 0.5),
        latency_p95_ms=quantile(latencies, 0.95),
        input_tokens=sum(sample.input_tokens or 0 for sample in samples),
        output_tokens=sum(sample.output_tokens or 0 for sample in samples),
        cost_usd=sum((s.cost_usd for s in samples if s.cost_usd is not None), Decimal(0)),
        unpriced_samples=sum(map(_is_unpriced, samples)),
        wall_s=wall_s,
    )


def score_names(samples: Sequence[Sample], scorers: Sequence[str]) -> tuple[str, ...]:
    """Return the names of all scores; ``name.key`` stands in the place of ``name``."""
    seen = dict.fromkeys(score.scorer for sample in samples for score in sample.scores)
    names: dict[str, None] = {}
    for scorer in scorers:
        own = [name for name in seen if name.startswith(f"{scorer}.") and name not in scorers]
        names.update(dict.fromkeys(own or [scorer]))
        if own and any(_has_value(sample, scorer) for sample in samples):
            names[scorer] = None
    covered = tuple(f"{scorer}." for scorer in scorers)
    others = (n for n in seen if n not in scorers and not n.startswith(covered))
    return tuple(names | dict.fromkeys(others))


def summarise_score(cases: Cases, scorer: str) -> ScoreSummary:
    """Return one scorer over all cases.

    Assertions made once a case have Wilson's interval, all else that of a mean. Values that all
    lie between 0 and 1 are taken to be of a scorer that is bounded so.
    """
    scores = [_case_score(own, scorer) for own in cases.values()]
    observed = [score for score in scores if score.value is not None]
    values = [float(score.value) for score in observed if score.value is not None]
    is_proportion = bool(observed) and all(score.is_assertion for score in observed)
    interval = _interval(observed, values, is_proportion=is_proportion)
    labels = sum(score.is_label for score in scores)
    absent = sum(score.is_missing for score in scores)
    return ScoreSummary(
        scorer=scorer,
        mean=sum(values) / len(values) if values else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        method=interval.method if interval else ("labels" if labels else ""),
        n=len(values) + labels,
        missing=absent,
        not_applicable=len(scores) - len(values) - labels - absent,
        is_proportion=is_proportion,
    )


def compare(candidate: EvalRun, baseline: EvalRun) -> Comparison:
    """Return candidate minus baseline on the cases that both runs hold unchanged.

    Common are cases of the same id, inputs and expected answer. Each scorer is compared on those
    where both runs have a value; a higher value counts as better. Labels are left out.
    """
    ours, theirs = _by_case(candidate.samples), _by_case(baseline.samples)
    common = [c for c in ours if c in theirs and _question(ours[c][0]) == _question(theirs[c][0])]
    names = [name for name in _names_of(candidate) if name in _names_of(baseline)]
    differences = (_difference(ours, theirs, common, name) for name in names)
    return Comparison(
        baseline_run_id=baseline.run_id,
        baseline_prompt=baseline.prompt,
        common_cases=len(common),
        differences=tuple(d for d in differences if d is not None),
        baseline_outputs={case: theirs[case][0].output for case in common},
    )


def _difference(
    ours: Cases, theirs: Cases, common: Sequence[str], scorer: str
) -> ScoreDifference | None:
    new = {case: _case_score(ours[case], scorer) for case in common}
    old = {case: _case_score(theirs[case], scorer) for case in common}
    if any(score.is_label for score in (*new.values(), *old.values())):
        return None
    pairs = {
        case: (ours_value, theirs_value)
        for case in common
        if (ours_value := new[case].value) is not None
        and (theirs_value := old[case].value) is not None
    }
    result = paired_difference(
        [pair[0] for pair in pairs.values()],
        [pair[1] for pair in pairs.values()],
        _bounds([float(value) for pair in pairs.values() for value in pair]),
    )
    return ScoreDifference(
        scorer=scorer,
        difference=result.difference,
        low=result.interval.low if result.interval else None,
        high=result.interval.high if result.interval else None,
        method=result.interval.method if result.interval else "",
        n=result.n,
        improved=tuple(case for case, (one, other) in pairs.items() if one > other),
        regressed=tuple(case for case, (one, other) in pairs.items() if one < other),
    )


def _case_score(samples: Sequence[Sample], scorer: str) -> CaseScore:
    """Average the repeats of one case."""
    scores = [_find(sample, scorer) for sample in samples]
    values = [score.value for score in scores if score is not None and score.value is not None]
    numbers = [value for value in values if not isinstance(value, str)]
    once = len(samples) == 1 and len(numbers) == 1 and isinstance(numbers[0], bool)
    return CaseScore(
        value=None if not numbers else numbers[0] if once else sum(numbers) / len(numbers),
        is_assertion=bool(numbers) and all(isinstance(number, bool) for number in numbers),
        is_label=bool(values) and not numbers,
        is_missing=not values
        and any(_is_missing(*pair) for pair in zip(samples, scores, strict=True)),
    )


def _find(sample: Sample, scorer: str) -> Score | None:
    """Return the scorer's score; for ``name.key`` also the one that says why ``name`` failed."""
    by_name = {score.scorer: score for score in sample.scores}
    name = scorer
    while name not in by_name and "." in name:
        name = name.rpartition(".")[0]
        parent = by_name.get(name)
        if parent is not None and parent.value is not None:
            return None
    return by_name.get(name)


def _is_missing(sample: Sample, score: Score | None) -> bool:
    """Tell whether a score should be there; a failed call has none at all, so each is missing."""
    return bool(sample.error) if score is None else score.applicable and score.value is None


def _interval(
    observed: Sequence[CaseScore], values: Sequence[float], *, is_proportion: bool
) -> Interval | None:
    if is_proportion and all(isinstance(score.value, bool) for score in observed):
        return wilson_interval(round(sum(values)), len(values))
    return mean_interval(values, _bounds(values))


def _bounds(values: Sequence[float]) -> tuple[float, float] | None:
    return UNIT if all(UNIT[0] <= value <= UNIT[1] for value in values) else None


def _by_case(samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    cases: dict[str, list[Sample]] = {}
    for sample in samples:
        cases.setdefault(sample.case_id, []).append(sample)
    return cases


def _question(sample: Sample) -> bytes:
    return canonical_json([sample.inputs, sample.expected])


def _names_of(run: EvalRun) -> tuple[str, ...]:
    return tuple(score.scorer for score in run.summary.scores)


def _has_value(sample: Sample, scorer: str) -> bool:
    return sample.value(scorer) is not None


def _is_unpriced(sample: Sample) -> bool:
    """Got an answer, or used tokens before it failed, and nobody knows the price."""
    return sample.cost_usd is None and (not sample.error or sample.input_tokens is not None)
