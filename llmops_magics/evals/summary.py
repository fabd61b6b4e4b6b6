"""What the samples of a run add up to.

The unit is the case: repeats of a case are averaged before anything else, never pooled as cases.
A missing score is neither a pass nor a fail; it is counted as missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from llmops_magics.evals.case_score import Cases, CaseScore, by_case, case_score, unit_bounds
from llmops_magics.evals.comparison import compare
from llmops_magics.evals.run import RunSummary, Sample, ScoreSummary
from llmops_magics.statistics.estimate import estimate_mean
from llmops_magics.statistics.quantile import quantile
from llmops_magics.statistics.reliability import discordance, pass_at_k, pass_hat_k

__all__ = ["compare", "score_names", "summarise", "summarise_score"]


def summarise(samples: Sequence[Sample], scorers: Sequence[str], wall_s: float) -> RunSummary:
    """Return the totals of a run: each score over cases, latency, tokens and cost.

    Latency's quantiles leave out failed calls. Costs that are known are summed; a sample that got
    an answer and has no price is counted as unpriced. ``wall_s`` is in seconds.
    """
    cases = by_case(samples)
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

    Assertions made once a case have Wilson's interval, all else that of a mean; where cases share
    a group, the cluster-robust one of either. Values that all lie between 0 and 1 are taken to be
    of a scorer that is bounded so.
    """
    scores = [case_score(own, scorer) for own in cases.values()]
    observed = [score for score in scores if score.value is not None]
    values = [float(score.value) for score in observed if score.value is not None]
    is_proportion = bool(observed) and all(score.is_assertion for score in observed)
    found = estimate_mean(
        values,
        [score.group for score in observed],
        bounds=unit_bounds(values),
        is_proportion=is_proportion and all(isinstance(s.value, bool) for s in observed),
    )
    interval = found.interval
    labels = sum(score.is_label for score in scores)
    absent = sum(score.is_missing for score in scores)
    return ScoreSummary(
        scorer=scorer,
        mean=found.mean,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        method=interval.method if interval else ("labels" if labels else ""),
        n=len(values) + labels,
        missing=absent,
        not_applicable=len(scores) - len(values) - labels - absent,
        is_proportion=is_proportion,
        standard_error=found.standard_error,
        groups=found.groups,
        **(_reliability(observed) if is_proportion else {}),
    )


def _reliability(scores: Sequence[CaseScore]) -> dict[str, Any]:
    """Return what the repeats of assertions tell; nothing where no case has two answers.

    k is the smallest number of answers of a case that has two or more: all these then count.
    """
    repeated = [(len(s.repeats), sum(map(bool, s.repeats))) for s in scores if len(s.repeats) > 1]
    if not repeated:
        return {}
    k, cases = min(n for n, _ in repeated), len(repeated)
    return {
        "k": k,
        "pass_at_k": sum(pass_at_k(n, passed, k) for n, passed in repeated) / cases,
        "pass_hat_k": sum(pass_hat_k(n, passed, k) for n, passed in repeated) / cases,
        "flake_rate": sum(0 < passed < n for n, passed in repeated) / cases,
        "discordance": sum(discordance(n, passed) for n, passed in repeated) / cases,
    }


def _has_value(sample: Sample, scorer: str) -> bool:
    return sample.value(scorer) is not None


def _is_unpriced(sample: Sample) -> bool:
    """Got an answer, or used tokens before it failed, and nobody knows the price."""
    return sample.cost_usd is None and (not sample.error or sample.input_tokens is not None)
