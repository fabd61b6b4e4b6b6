"""What the samples of a run add up to.

The unit is the case: repeats of a case are averaged before anything else, never pooled as cases.
A missing score is neither a pass nor a fail; it is counted as missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from llmops_magics.evals.case_score import CaseScore, case_score, each_case, unit_bounds
from llmops_magics.evals.run import RunSummary, Sample, ScoreSummary
from llmops_magics.statistics.estimate import estimate_mean
from llmops_magics.statistics.quantile import quantile
from llmops_magics.statistics.reliability import discordance, pass_at_k, pass_hat_k


def summarise(samples: Sequence[Sample], scorers: Sequence[str], wall_s: float) -> RunSummary:
    """Return the totals of a run: each score over cases, latency, tokens and cost.

    Latency's quantiles leave out failed calls. Costs that are known are summed; a sample that got
    an answer and has no price is counted as unpriced. ``wall_s`` is in seconds. Samples are gone
    through once a score and once more, and never held.
    """
    totals = _Totals()
    for own in each_case(samples):
        totals.add(own)
    names = _in_order(totals.scorers, totals.valued, scorers)
    return RunSummary(
        samples=totals.samples,
        cases=totals.cases,
        errors=totals.errors,
        failed_cases=tuple(totals.failed_cases),
        scores=tuple(summarise_score(each_case(samples), name) for name in names),
        latency_p50_ms=quantile(totals.latencies_ms, 0.5),
        latency_p95_ms=quantile(totals.latencies_ms, 0.95),
        input_tokens=totals.input_tokens,
        output_tokens=totals.output_tokens,
        cost_usd=totals.cost_usd,
        unpriced_samples=totals.unpriced,
        wall_s=wall_s,
        cached_samples=totals.cached,
        spent_usd=totals.spent_usd,
    )


class _Totals:
    """What is counted over samples of whatever order."""

    def __init__(self) -> None:
        self.samples = self.cases = self.errors = self.unpriced = self.cached = 0
        self.input_tokens = self.output_tokens = 0
        self.cost_usd = self.spent_usd = Decimal(0)
        self.failed_cases: list[str] = []
        self.latencies_ms: list[float] = []
        self.scorers: dict[str, None] = {}
        self.valued: set[str] = set()

    def add(self, own: Sequence[Sample]) -> None:
        """Take in all samples of one case."""
        self.cases += 1
        if any(sample.failed for sample in own):
            self.failed_cases.append(own[0].case_id)
        for sample in own:
            self._add(sample)

    def _add(self, sample: Sample) -> None:
        self.samples += 1
        self.errors += bool(sample.error)
        self.unpriced += _is_unpriced(sample)
        self.cached += sample.cached
        self.input_tokens += sample.input_tokens or 0
        self.output_tokens += sample.output_tokens or 0
        self.cost_usd += sample.cost_usd or 0
        self.spent_usd += sample.spent_usd or 0
        if not sample.error and sample.latency_ms is not None:
            self.latencies_ms.append(sample.latency_ms)
        self.scorers.update(dict.fromkeys(score.scorer for score in sample.scores))
        self.valued.update(s.scorer for s in sample.scores if s.value is not None)


def resolved_models(samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return the models that the endpoints said had answered, in the order of their first."""
    return tuple(dict.fromkeys(sample.model for sample in samples if sample.model))


def score_names(samples: Sequence[Sample], scorers: Sequence[str]) -> tuple[str, ...]:
    """Return the names of all scores; ``name.key`` stands in the place of ``name``."""
    seen = dict.fromkeys(score.scorer for sample in samples for score in sample.scores)
    valued = {s.scorer for sample in samples for s in sample.scores if s.value is not None}
    return _in_order(seen, valued, scorers)


def _in_order(
    seen: Collection[str], valued: Collection[str], scorers: Sequence[str]
) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for scorer in scorers:
        own = [name for name in seen if name.startswith(f"{scorer}.") and name not in scorers]
        names.update(dict.fromkeys(own or [scorer]))
        if own and scorer in valued:
            names[scorer] = None
    covered = tuple(f"{scorer}." for scorer in scorers)
    others = (n for n in seen if n not in scorers and not n.startswith(covered))
    return tuple(names | dict.fromkeys(others))


def summarise_score(cases: Iterable[Sequence[Sample]], scorer: str) -> ScoreSummary:
    """Return one scorer over all cases.

    Assertions made once a case have Wilson's interval, all else that of a mean; where cases share
    a group, the cluster-robust one of either. Values that all lie between 0 and 1 are taken to be
    of a scorer that is bounded so.
    """
    scores = [case_score(own, scorer) for own in cases]
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


def _is_unpriced(sample: Sample) -> bool:
    """Got an answer, or used tokens before it failed, and nobody knows the price."""
    return sample.cost_usd is None and (not sample.error or sample.input_tokens is not None)
