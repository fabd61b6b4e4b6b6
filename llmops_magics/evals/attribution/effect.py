"""How one run differs from another in one metric: paired by case, and never called too soon.

A metric is a scorer's name or one of ``MEASURES``, which every run has. The difference is called
better or worse only where its interval does not hold 0, and the exact test agrees: as when a run is
compared with its baseline, both come from ``statistics.paired``.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmops_magics.errors import UsageError
from llmops_magics.evals.attribution.record import Effect
from llmops_magics.evals.comparison import BETTER, NOISE, UNKNOWN, WORSE
from llmops_magics.evals.direction import MEASURES, prefers_higher
from llmops_magics.evals.run import EvalRun, Sample
from llmops_magics.statistics.interval import CONFIDENCE, Interval
from llmops_magics.statistics.multiple import bonferroni
from llmops_magics.statistics.paired import (
    PairedDifference,
    are_bools,
    held_to_test,
    paired_difference,
)

__all__ = [
    "BETTER",
    "MEASURES",
    "NOISE",
    "UNKNOWN",
    "WORSE",
    "case_values",
    "check_metric",
    "effect",
    "mean_of",
    "prefers_higher",
    "shown",
]

UNIT = (0.0, 1.0)
ROUNDING = 1e-9


def case_values(run: EvalRun, metric: str) -> dict[str, bool | float]:
    """Return one value a case, cases without one left out.

    A bool as long as it is one assertion made once; repeats are averaged. ``errors`` is whether a
    call failed; ``latency_ms`` and ``cost_usd`` are of calls that did not. Raises ``UsageError``
    for a metric that the run has not, and for labels.
    """
    check_metric(run, metric)
    by_case: dict[str, list[Sample]] = {}
    for sample in run.samples:
        by_case.setdefault(sample.case_id, []).append(sample)
    values = {case: _case_value(own, metric) for case, own in by_case.items()}
    return {case: value for case, value in values.items() if value is not None}


def check_metric(run: EvalRun, metric: str) -> None:
    """Raise ``UsageError`` for a metric that a run does not have."""
    names = [score.scorer for score in run.summary.scores]
    if metric not in (*MEASURES, *names):
        raise UsageError(
            f"{metric!r} did not score the run of {run.prompt}.",
            hint=f"It has {', '.join((*names, *MEASURES))}.",
        )


def mean_of(run: EvalRun, metric: str) -> float | None:
    """Return the mean over cases, None when nothing was observed."""
    values = [float(value) for value in case_values(run, metric).values()]
    return sum(values) / len(values) if values else None


def effect(
    candidate: EvalRun,
    baseline: EvalRun,
    metric: str,
    *,
    higher_is_better: bool = True,
    confidence: float = CONFIDENCE,
    comparisons: int = 1,
) -> Effect:
    """Return candidate minus baseline on the cases that have a value in both.

    ``confidence`` is that of all ``comparisons`` together: each interval is widened after
    Bonferroni (``statistics.multiple``). Raises ``UsageError`` for runs on different datasets.
    """
    if candidate.dataset_digest != baseline.dataset_digest:
        raise UsageError(
            f"{candidate.prompt} and {baseline.prompt} were run on different datasets."
        )
    new, old = case_values(candidate, metric), case_values(baseline, metric)
    pairs = [(new[case], old[case]) for case in new if case in old]
    level = bonferroni(confidence, comparisons)
    group_of = {sample.case_id: sample.group for sample in candidate.samples}
    result = paired_difference(
        [one for one, _ in pairs],
        [other for _, other in pairs],
        _bounds(pairs, metric),
        level,
        groups=[group_of[case] for case in new if case in old],
    )
    interval = result.interval or _alike(result, level)
    return Effect(
        difference=result.difference,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        confidence=level,
        n=result.n,
        method=_method(interval, comparisons, len(new.keys() ^ old.keys())),
        verdict=_verdict(interval, higher_is_better=higher_is_better),
        is_proportion=are_bools(pairs),
    )


def _case_value(samples: Sequence[Sample], metric: str) -> bool | float | None:
    values = [value for value in (_value(s, metric) for s in samples) if value is not None]
    if not values:
        return None
    if len(samples) == 1:
        return values[0]
    return sum(values) / len(values)


def _value(sample: Sample, metric: str) -> bool | float | None:
    if metric == "errors":
        return bool(sample.error)
    if metric in MEASURES:
        measured = None if sample.error else getattr(sample, metric)
        return None if measured is None else float(measured)
    value = sample.value(metric)
    if isinstance(value, str):
        raise UsageError(
            f"{metric!r} gives labels, which have no difference.",
            hint="Take a scorer that gives true or false, or a number.",
        )
    return value


def _bounds(
    pairs: Sequence[tuple[bool | float, bool | float]], metric: str
) -> tuple[float, float] | None:
    """Return the bounds of a single value: scores that all lie in 0 to 1 are taken to be so."""
    if metric in ("latency_ms", "cost_usd"):
        return None
    inside = all(UNIT[0] <= value <= UNIT[1] for pair in pairs for value in pair)
    return UNIT if inside else None


def _alike(result: PairedDifference, level: float) -> Interval | None:
    """Take equal differences of something unbounded, such as a price a call, for its one value.

    It reaches 0 unless the exact test excludes 0 too.
    """
    error = result.standard_error
    if result.difference is None or result.p_value is None or error is None:
        return None
    if error > ROUNDING * abs(result.difference):
        return None
    exact = Interval(result.difference, result.difference, "every case alike")
    return held_to_test(exact, result.p_value, level, result.test)


def _verdict(interval: Interval | None, *, higher_is_better: bool) -> str:
    if interval is None:
        return UNKNOWN
    if interval.low <= 0 <= interval.high:
        return NOISE
    return BETTER if (interval.low > 0) == higher_is_better else WORSE


def _method(interval: Interval | None, comparisons: int, unpaired: int) -> str:
    parts = [interval.method if interval else "no interval"]
    if comparisons > 1:
        parts.append(f"Bonferroni over {comparisons} comparisons")
    if unpaired:
        cases = "case has" if unpaired == 1 else "cases have"
        parts.append(f"{unpaired} {cases} a value in one run only")
    return "; ".join(parts)


def shown(found: Effect, metric: str) -> str:
    """Write an effect in a sentence: difference, interval and number of cases."""
    if found.difference is None or found.low is None or found.high is None:
        return f"{metric} has no interval over {found.n} common cases"
    scale, unit = (100, " pp") if found.is_proportion else (1, "")
    ends = f"{found.low * scale:+.3g}, {found.high * scale:+.3g}"
    return (
        f"{metric} {found.difference * scale:+.3g}{unit} [{ends}] over {found.n} cases "
        f"at {found.confidence:.4g} confidence"
    )
