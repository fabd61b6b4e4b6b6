"""Decide one rule on one run: PASS, FAIL or INCONCLUSIVE, with the reason in words.

An estimate passes when its whole 95% interval is on the right side of the bound, and fails when
its whole interval is on the wrong side. What is missing, errored, unpriced or too little is never
a pass; it is a fail only when the best it could have been would still fail. Counts and the total
cost are facts about the run and are decided as they are.
"""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

from llmops_magics.evals.case_score import by_case, case_score
from llmops_magics.evals.run import EvalRun, Sample
from llmops_magics.release.gate.further import detectable, further_cases, shown, what_it_takes
from llmops_magics.release.gate.mode import INTERVAL, check_mode, in_mode, in_mode_of_fact
from llmops_magics.release.gate.observation import Estimate, Observation, observe, samples_of
from llmops_magics.release.gate.result import RuleResult, Verdict
from llmops_magics.release.gate.rule import NON_INFERIOR, Rule, check_names, parse_rule
from llmops_magics.statistics.interval import CONFIDENCE

MIN_CASES = 5


def decide_rule(
    rule: Rule | str, run: EvalRun, *, min_cases: int = MIN_CASES, mode: str = INTERVAL
) -> RuleResult:
    """Decide a rule; ``UsageError`` when it cannot be read or names what the run has not.

    ``mode`` is that of ``release.gate.mode``; a fact is the same in each, unless it is undecided.
    """
    rule = parse_rule(rule) if isinstance(rule, str) else rule
    check_mode(mode)
    check_names(rule, run)
    if rule.statistic == "count":
        return in_mode_of_fact(_decide_count(rule, run), mode)
    if rule.statistic == "total":
        return in_mode_of_fact(_decide_total(rule, run), mode)
    if rule.forbids:
        return in_mode_of_fact(_decide_never(rule, run, min_cases), mode)
    seen = _difference(rule, run) if rule.comparison == NON_INFERIOR else observe(rule, run)
    return decide_observation(rule, seen, min_cases=min_cases, mode=mode)


def decide_observation(
    rule: Rule, seen: Observation, *, min_cases: int = MIN_CASES, mode: str = INTERVAL
) -> RuleResult:
    """Decide a rule on what was observed for it: an estimate with its interval."""
    result = _decide_observation(rule, seen, min_cases)
    if seen.unpaired and result.verdict is Verdict.PASS:
        reason = f"{seen.unpaired} cases are not in the baseline's run, so they were not compared."
        result = _result(rule, Verdict.INCONCLUSIVE, reason, seen.estimate)
    value = seen.estimate.value
    usable = not seen.missing and not seen.unpaired and seen.estimate.n >= min_cases
    holds = rule.holds(value) if usable and value is not None else None
    return in_mode(result, mode, holds=holds)


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


def _decide_never(rule: Rule, run: EvalRun, min_cases: int) -> RuleResult:
    """Decide what must never happen: one case is enough to fail, and none is no proof.

    So the reason of a PASS says in how many of all cases it may still happen: with 95% confidence
    at most in 1 - 0.05^(1/n) of them, about 3/n (Hanley and Lippman-Hand (1983), JAMA 249:1743).
    """
    scores = [case_score(own, rule.subject) for own in by_case(samples_of(rule, run)).values()]
    if any(score.is_label for score in scores):
        observe(rule, run)  # says that labels are no numbers
    seen = [score for score in scores if score.repeats]
    hit = sum(any(value != 0 for value in score.repeats) for score in seen)
    missing = sum(score.lacks for score in scores)
    n = len(seen)
    verdict = Verdict.FAIL if hit else Verdict.PASS
    reason = f"It is not 0 in {hit} of {n} cases."
    if not hit and (missing or n < min_cases):
        verdict = Verdict.INCONCLUSIVE
        few = f"{n} cases are too few: a verdict takes {min_cases}."
        reason = f"It is missing in {missing} of {len(scores)} cases." if missing else few
    elif not hit:
        most = 1 - (1 - CONFIDENCE) ** (1 / n)
        reason = f"It is 0 in all {n} cases; it may still happen in up to {most:.2g} of all cases."
    return RuleResult(
        rule=rule.text, verdict=verdict, reason=reason, observed=hit / n if n else None, n=n
    )


def _difference(rule: Rule, run: EvalRun) -> Observation:
    """Observe candidate minus baseline, which is held against the margin."""
    differences = run.comparison.differences if run.comparison else ()
    found = next((d for d in differences if d.scorer == rule.subject), None)
    estimate = Estimate(value=None, low=None, high=None, n=0)
    if found is not None:
        estimate = Estimate(
            value=found.difference,
            low=found.low,
            high=found.high,
            n=found.n,
            method=found.method,
            groups=found.groups,
        )
    return Observation(
        estimate=estimate,
        missing=max(observe(rule, run).missing, found.missing if found else 0),
        at_best=None,
        unit="pairs of cases",
        unpaired=max(0, run.summary.cases - (run.comparison.common_cases if run.comparison else 0)),
    )


def _decide_observation(rule: Rule, seen: Observation, min_cases: int) -> RuleResult:
    estimate = seen.estimate
    if seen.missing:
        return _decide_incomplete(rule, seen, min_cases)
    if estimate.n < min_cases:
        reason = f"{estimate.n} {seen.unit} are too few: a verdict takes {min_cases}."
        few = _result(rule, Verdict.INCONCLUSIVE, reason, estimate)
        return replace(few, more_cases=min_cases - estimate.n)
    if estimate.value is None or estimate.low is None or estimate.high is None:
        reason = f"The spread of {estimate.n} {seen.unit} is unknown, so there is no interval."
        if estimate.groups == 1:
            reason = (
                f"All {estimate.n} {seen.unit} are of one group, which tells nothing of others."
            )
        return _result(rule, Verdict.INCONCLUSIVE, reason, estimate)
    over = f"over {estimate.n} {seen.unit}"
    over += f" in {estimate.groups} groups" if estimate.groups is not None else ""
    said = f"{shown(estimate.value)} {_interval(estimate)} {over}"
    if rule.holds(estimate.low) and rule.holds(estimate.high):
        return _result(rule, Verdict.PASS, f"{said}.", estimate)
    if _fails(rule, estimate):
        return _result(rule, Verdict.FAIL, f"{said}.", estimate)
    reason = f"{said}: {what_it_takes(rule, estimate, seen.unit)}"
    more = further_cases(rule, estimate)
    return replace(
        _result(rule, Verdict.INCONCLUSIVE, reason, estimate),
        more_cases=int(more) if math.isfinite(more) else None,
    )


def _decide_incomplete(rule: Rule, seen: Observation, min_cases: int) -> RuleResult:
    best = seen.at_best
    if best is not None and best.n >= min_cases and _fails(rule, best):
        reason = (
            f"At best {shown(best.value)} {_interval(best)}, even if the {seen.missing} missing "
            "observations were as good as can be."
        )
        return _result(rule, Verdict.FAIL, reason, seen.estimate)
    what = "observation is" if seen.missing == 1 else "observations are"
    reason = f"{seen.missing} {what} missing (errors, or no score, price or time)."
    return _result(rule, Verdict.INCONCLUSIVE, reason, seen.estimate)


def _fails(rule: Rule, estimate: Estimate) -> bool:
    """Tell whether the whole interval is on the wrong side; of a margin, beyond it."""
    if estimate.low is None or estimate.high is None:
        return False
    if rule.comparison == NON_INFERIOR:
        return estimate.high < -rule.bound
    return not rule.holds(estimate.low) and not rule.holds(estimate.high)


def _result(rule: Rule, verdict: Verdict, reason: str, estimate: Estimate) -> RuleResult:
    return RuleResult(
        rule=rule.text,
        verdict=verdict,
        reason=reason,
        observed=estimate.value,
        low=_finite(estimate.low),
        high=_finite(estimate.high),
        n=estimate.n,
        method=estimate.method,
        detectable=detectable(rule, estimate),
    )


def _finite(end: float | None) -> float | None:
    return end if end is not None and math.isfinite(end) else None


def _interval(estimate: Estimate) -> str:
    return f"[{shown(estimate.low)}, {shown(estimate.high)}]"
