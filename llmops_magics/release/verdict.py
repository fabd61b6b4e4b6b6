"""Decide one rule on one run: PASS, FAIL or INCONCLUSIVE, with the reason in words.

An estimate passes when its whole 95% interval is on the right side of the bound, and fails when
its whole interval is on the wrong side. What is missing, errored, unpriced or too little is never
a pass; it is a fail only when the best it could have been would still fail. Counts and the total
cost are facts about the run and are decided as they are.
"""

from __future__ import annotations

import math
from decimal import Decimal

from llmops_magics.evals.run import EvalRun, Sample, ScoreDifference
from llmops_magics.release.observation import Estimate, Observation, observe, samples_of
from llmops_magics.release.result import RuleResult, Verdict
from llmops_magics.release.rule import NON_INFERIOR, Rule, check_names, parse_rule

MIN_CASES = 5
MANY = 100_000
WHOLE_FROM = 1_000  # larger numbers are shown without decimals


def decide_rule(rule: Rule | str, run: EvalRun, *, min_cases: int = MIN_CASES) -> RuleResult:
    """Decide a rule; ``UsageError`` when it cannot be read or names what the run has not."""
    rule = parse_rule(rule) if isinstance(rule, str) else rule
    check_names(rule, run)
    if rule.statistic == "count":
        return _decide_count(rule, run)
    if rule.statistic == "total":
        return _decide_total(rule, run)
    if rule.comparison == NON_INFERIOR:
        return _decide_difference(rule, run, min_cases)
    return _decide_observation(rule, observe(rule, run), min_cases)


def _decide_count(rule: Rule, run: EvalRun) -> RuleResult:
    samples = samples_of(rule, run)
    if rule.subject == "errors":
        count = sum(bool(sample.error) for sample in samples)
        what = "call failed" if count == 1 else "calls failed"
    else:
        scorers = [summary.scorer for summary in run.summary.scores]
        count = sum(_missing_scores(sample, scorers) for sample in samples)
        what = "score is missing" if count == 1 else "scores are missing"
    verdict = Verdict.PASS if rule.holds(count) else Verdict.FAIL
    return RuleResult(
        rule=rule.text,
        verdict=verdict if samples else Verdict.INCONCLUSIVE,
        reason=f"{count} {what} in {len(samples)} samples.",
        observed=float(count),
        n=len(samples),
    )


def _missing_scores(sample: Sample, scorers: list[str]) -> int:
    said = {s.scorer for s in sample.scores if s.value is not None or not s.applicable}
    return sum(scorer not in said for scorer in scorers)


def _decide_total(rule: Rule, run: EvalRun) -> RuleResult:
    samples = samples_of(rule, run)
    known = [sample.cost_usd for sample in samples if sample.cost_usd is not None]
    total, unpriced = sum(known, Decimal(0)), len(samples) - len(known)
    holds = rule.holds(float(total))
    reason = f"The priced calls cost {total} USD."
    if unpriced:
        reason += f" The price of {unpriced} of {len(samples)} calls is unknown."
    verdict = Verdict.PASS if holds else Verdict.FAIL
    # What is unpriced can only add: it spoils a sum that is still under the bound.
    if not samples or (unpriced and holds != rule.wants_more):
        verdict = Verdict.INCONCLUSIVE
    return RuleResult(
        rule=rule.text, verdict=verdict, reason=reason, observed=float(total), n=len(samples)
    )


def _decide_difference(rule: Rule, run: EvalRun, min_cases: int) -> RuleResult:
    """Hold candidate minus baseline against the margin."""
    differences = run.comparison.differences if run.comparison else ()
    found = next((d for d in differences if d.scorer == rule.subject), None)
    if found is None:
        found = ScoreDifference(
            scorer=rule.subject, difference=None, low=None, high=None, method="", n=0,
            improved=(), regressed=(),
        )  # fmt: skip
    missing = observe(rule, run).missing
    unpaired = run.summary.cases - (run.comparison.common_cases if run.comparison else 0)
    observation = Observation(
        estimate=Estimate(value=found.difference, low=found.low, high=found.high, n=found.n),
        missing=missing,
        at_best=None,
        unit="pairs of cases",
    )
    result = _decide_observation(rule, observation, min_cases)
    if unpaired > 0 and result.verdict is Verdict.PASS:
        reason = f"{unpaired} cases are not in the baseline's run, so they were not compared."
        return _result(rule, Verdict.INCONCLUSIVE, reason, observation.estimate)
    return result


def _decide_observation(rule: Rule, seen: Observation, min_cases: int) -> RuleResult:
    estimate = seen.estimate
    if seen.missing:
        return _decide_incomplete(rule, seen, min_cases)
    if estimate.n < min_cases:
        reason = f"{estimate.n} {seen.unit} are too few: a verdict takes {min_cases}."
        return _result(rule, Verdict.INCONCLUSIVE, reason, estimate)
    if estimate.value is None or estimate.low is None or estimate.high is None:
        reason = f"The spread of {estimate.n} {seen.unit} is unknown, so there is no interval."
        return _result(rule, Verdict.INCONCLUSIVE, reason, estimate)
    shown = f"{_shown(estimate.value)} {_interval(estimate)} over {estimate.n} {seen.unit}"
    verdict, rest = Verdict.INCONCLUSIVE, ""
    if rule.holds(estimate.low) and rule.holds(estimate.high):
        verdict = Verdict.PASS
    elif _fails(rule, estimate):
        verdict = Verdict.FAIL
    else:
        rest = f": {_what_it_takes(rule, estimate, seen.unit)}"
    return _result(rule, verdict, f"{shown}{rest or '.'}", estimate)


def _decide_incomplete(rule: Rule, seen: Observation, min_cases: int) -> RuleResult:
    best = seen.at_best
    if best is not None and best.n >= min_cases and _fails(rule, best):
        reason = (
            f"At best {_shown(best.value)} {_interval(best)}, even if the {seen.missing} missing "
            "observations were as good as can be."
        )
        return _result(rule, Verdict.FAIL, reason, seen.estimate)
    what = "observation is" if seen.missing == 1 else "observations are"
    reason = f"{seen.missing} {what} missing (errors, or no score, price or time)."
    return _result(rule, Verdict.INCONCLUSIVE, reason, seen.estimate)


def _fails(rule: Rule, estimate: Estimate) -> bool:
    return (
        estimate.low is not None
        and estimate.high is not None
        and not rule.holds(estimate.low)
        and not rule.holds(estimate.high)
    )


def _what_it_takes(rule: Rule, estimate: Estimate, unit: str) -> str:
    """Say by how much the interval crosses the bound, and how many more cases would end that.

    An interval's reach shrinks with the square root of n, so the reach r towards the bound falls
    to the distance d between estimate and bound at n (r / d)^2, if the estimate stays.
    """
    bound = -rule.bound if rule.comparison == NON_INFERIOR else rule.bound
    value, low, high = estimate.value or 0.0, estimate.low or 0.0, estimate.high or 0.0
    if math.isinf(low) or math.isinf(high):
        return f"they are too few to bound {rule.statistic} on both sides."
    distance = abs(value - bound)
    reach = value - low if value > bound else high - value
    crossed = f"the interval reaches {_shown(reach - distance)} beyond {_shown(bound)};"
    if distance == 0:
        return f"{crossed} an estimate on the bound itself stays undecided."
    more = math.ceil(estimate.n * ((reach / distance) ** 2 - 1))
    if more > MANY:
        return f"{crossed} more than {MANY:,} further {unit} would be needed."
    return f"{crossed} about {max(more, 1):,} further {unit} with the same result would decide it."


def _result(rule: Rule, verdict: Verdict, reason: str, estimate: Estimate) -> RuleResult:
    return RuleResult(
        rule=rule.text,
        verdict=verdict,
        reason=reason,
        observed=estimate.value,
        low=_finite(estimate.low),
        high=_finite(estimate.high),
        n=estimate.n,
    )


def _finite(end: float | None) -> float | None:
    return end if end is not None and math.isfinite(end) else None


def _shown(value: float | None) -> str:
    return (
        "unknown"
        if value is None
        else f"{value:.3g}"
        if abs(value) < WHOLE_FROM
        else f"{value:.0f}"
    )


def _interval(estimate: Estimate) -> str:
    return f"[{_shown(estimate.low)}, {_shown(estimate.high)}]"
