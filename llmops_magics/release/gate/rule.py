"""Rules as text: what a release has to show, in one line that a reviewer can read aloud.

A rule names an observation, a comparison and a bound. It is parsed before anything is decided, so
a rule that cannot be meant is an error and never a silent pass.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from llmops_magics.errors import UsageError
from llmops_magics.evals.direction import prefers_higher
from llmops_magics.evals.run import EvalRun

COUNTS = ("errors", "missing")
MEASURES = ("latency_ms", "cost_usd")
NON_INFERIOR = "non_inferior"
SLICE = "slice="
MAX_RULE_CHARACTERS = 500
GRAMMAR = (
    "A rule is OBSERVATION COMPARISON NUMBER, such as 'contains >= 0.8', "
    "'mean(groundedness) >= 0.6', 'contains[slice=refund] >= 0.8', 'pii_leak == 0', "
    "'errors == 0', 'missing == 0', "
    "'p95(latency_ms) <= 3000', 'mean(cost_usd) <= 0.002', 'total(cost_usd) <= 1', or, with a "
    "baseline, 'contains non_inferior 0.05'."
)
_NAME = r"[^\s\[\]()<>=]++"
_FORM = re.compile(
    rf"\A(?:(?P<statistic>mean|total|p\d{{1,2}}(?:\.\d+)?)\(\s*(?P<inner>{_NAME})"
    rf"(?:\[(?P<inner_tag>[^\[\]]+)\])?\s*\)"
    rf"|(?P<plain>{_NAME})(?:\[(?P<plain_tag>[^\[\]]+)\])?)"
    rf"\s*(?P<comparison>>=|<=|==|>|<|\s{NON_INFERIOR}\s)\s*(?P<bound>\S+)"
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One parsed rule.

    ``statistic`` is mean, total, count or a quantile such as p95; ``subject`` a scorer, a measure
    (``latency_ms``, ``cost_usd``) or a count (``errors``, ``missing``); ``tag`` limits it to the
    cases with that tag (``[slice=refund]`` or ``[refund]``), empty for all. For ``non_inferior``
    the bound is the margin that the score may fall below the baseline's, in the score's own unit.
    """

    text: str
    statistic: str
    subject: str
    tag: str
    comparison: str
    bound: float

    @property
    def quantile(self) -> float | None:
        """Return the quantile asked for, between 0 and 1, or None for another statistic."""
        return float(self.statistic[1:]) / 100 if self.statistic.startswith("p") else None

    @property
    def forbids(self) -> bool:
        """Tell whether it is about what must never happen: a score that is 0 in every case."""
        return self.comparison == "==" and self.subject not in COUNTS

    @property
    def wants_more(self) -> bool:
        """Tell whether a larger observation is the better one."""
        return self.comparison in (">=", ">", NON_INFERIOR)

    def holds(self, value: float) -> bool:
        """Tell whether one number satisfies the rule; a difference is held against the margin."""
        return {
            ">=": value >= self.bound,
            ">": value > self.bound,
            "<=": value <= self.bound,
            "<": value < self.bound,
            "==": value == self.bound,
            NON_INFERIOR: value > -self.bound,
        }[self.comparison]


def parse_rule(text: str) -> Rule:
    """Read a rule; ``UsageError`` with the grammar when it cannot be read."""
    is_text = isinstance(text, str) and len(text) <= MAX_RULE_CHARACTERS
    found = _FORM.fullmatch(text.strip()) if is_text else None
    if found is None:
        raise UsageError(f"The rule {repr(text)[:200]} cannot be read.", hint=GRAMMAR)
    part = found.groupdict()
    subject = part["inner"] or part["plain"]
    rule = Rule(
        text=text.strip(),
        statistic=part["statistic"] or ("count" if subject in COUNTS else "mean"),
        subject=subject,
        tag=(part["inner_tag"] or part["plain_tag"] or "").strip().removeprefix(SLICE).strip(),
        comparison=part["comparison"].strip(),
        bound=_bound(text, part["bound"]),
    )
    _refuse_nonsense(rule, bare=part["statistic"] is None)
    return rule


def check_names(rule: Rule, run: EvalRun) -> None:
    """Raise ``UsageError`` for a scorer, tag or baseline that the run does not have."""
    scorers = [summary.scorer for summary in run.summary.scores]
    if rule.subject not in (*COUNTS, *MEASURES, *scorers):
        known = ", ".join(scorers) or "none"
        raise UsageError(
            f"The rule {rule.text!r} names {rule.subject!r}, which did not score this run.",
            hint=f"Its scorers: {known}. Besides them: {', '.join((*COUNTS, *MEASURES))}.",
        )
    tags = sorted({tag for sample in run.samples for tag in sample.tags})
    if rule.tag and rule.tag not in tags:
        raise UsageError(
            f"The rule {rule.text!r} names the tag {rule.tag!r}, which no case has.",
            hint=f"Tags of this run: {', '.join(tags) or 'none'}.",
        )
    asserted = {s.scorer for s in run.summary.scores if s.is_proportion}
    if rule.comparison == NON_INFERIOR and not prefers_higher(
        rule.subject, is_assertion=rule.subject in asserted
    ):
        raise UsageError(
            f"The rule {rule.text!r} allows a drop, and less of {rule.subject} is better.",
            hint=f"Bound it instead: {rule.subject} <= 0.1.",
        )
    if rule.comparison == NON_INFERIOR and run.comparison is None:
        raise UsageError(
            f"The rule {rule.text!r} needs a baseline, and this run has none.",
            hint="Run the eval with a baseline.",
        )


def _bound(text: str, written: str) -> float:
    try:
        bound = float(written)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise UsageError(f"In the rule {text!r}, {written!r} is no number.", hint=GRAMMAR)
    return bound


def _refuse_nonsense(rule: Rule, *, bare: bool) -> None:
    """Refuse what parses and still says nothing that can be decided."""
    counted = rule.subject in COUNTS
    measured = rule.subject in MEASURES
    quantile = rule.quantile
    reason = ""
    if counted and not bare:
        reason = f"{rule.subject} is a count and takes no statistic"
    elif measured and bare:
        reason = f"{rule.subject} needs a statistic: mean({rule.subject}) or p95({rule.subject})"
    elif rule.statistic == "total" and rule.subject != "cost_usd":
        reason = "only cost_usd has a total"
    elif rule.forbids and (rule.bound != 0 or measured or not bare):
        reason = "an estimate is never exactly a number: use >= or <=, or SCORER == 0 for never"
    elif rule.comparison == NON_INFERIOR and (counted or measured or not bare or rule.tag):
        reason = "non_inferior compares the mean of a scorer over all cases"
    elif rule.comparison == NON_INFERIOR and rule.bound < 0:
        reason = "the margin is 0 or more"
    elif quantile is not None and not 0 < quantile < 1:
        reason = f"{rule.statistic} is no quantile"
    if reason:
        raise UsageError(f"The rule {rule.text!r} cannot be decided: {reason}.", hint=GRAMMAR)
