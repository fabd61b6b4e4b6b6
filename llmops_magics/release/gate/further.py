"""What an undecided rule would take: how many further cases, and what so many can see at all."""

from __future__ import annotations

import math
from statistics import NormalDist

from llmops_magics.release.gate.observation import Estimate
from llmops_magics.release.gate.rule import NON_INFERIOR, Rule

MANY = 100_000
WHOLE_FROM = 1_000  # larger numbers are shown without decimals
SEEN = 0.8  # the power behind "can see"
_Z = NormalDist().inv_cdf(0.975)
FACTOR = 1 + NormalDist().inv_cdf(SEEN) / _Z


def bound_of(rule: Rule) -> float:
    """Return the number that the observation is held against."""
    return -rule.bound if rule.comparison == NON_INFERIOR else rule.bound


def further_cases(rule: Rule, estimate: Estimate) -> float:
    """Return how many more cases with the same result would decide it; infinite for no number.

    An interval's reach shrinks with the square root of n, so the reach r towards the bound falls
    to the distance d between estimate and bound at n (r / d)², if the estimate stays.
    """
    distance = abs((estimate.value or 0.0) - bound_of(rule))
    reach = _reach(rule, estimate)
    if distance == 0 or not math.isfinite(reach):
        return math.inf
    return max(1, math.ceil(estimate.n * ((reach / distance) ** 2 - 1)))


def detectable(rule: Rule, estimate: Estimate) -> float | None:
    """Return the smallest change for the worse that so many cases find, in 4 of 5 runs.

    A true value so far beyond the bound has its whole interval beyond it with that power:
    r (1 + z' / z), with r the interval's reach back to the bound, z of 0.975 and z' of 0.8. None
    without an interval. Source: Bloom (1995), Evaluation Review 19:547-556.
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return None
    reach = estimate.high - estimate.value if rule.wants_more else estimate.value - estimate.low
    return reach * FACTOR if math.isfinite(reach) and reach > 0 else None


def what_it_takes(rule: Rule, estimate: Estimate, unit: str) -> str:
    """Say by how much the interval crosses the bound, what would end that, and what can be seen."""
    low, high = estimate.low or 0.0, estimate.high or 0.0
    if math.isinf(low) or math.isinf(high):
        return f"they are too few to bound {rule.statistic} on both sides."
    bound, value = bound_of(rule), estimate.value or 0.0
    over = max(0.0, _reach(rule, estimate) - abs(value - bound))
    crossed = f"the interval reaches {shown(over)} beyond {shown(bound)};"
    if over < 1e-9:  # it was widened just up to the bound
        crossed = "the interval shows it, the exact test does not;"
    seen = _can_see(rule, estimate, unit)
    if value == bound:
        return f"{crossed} an estimate on the bound itself stays undecided.{seen}"
    more = further_cases(rule, estimate)
    if more > MANY:
        return f"{crossed} more than {MANY:,} further {unit} would be needed.{seen}"
    about = f"about {max(more, 2):,.0f} further {unit} with the same result would decide it."
    return f"{crossed} {about}{seen}"


def shown(value: float | None) -> str:
    """Show three digits, and whole numbers from 1,000 on."""
    if value is None:
        return "unknown"
    return f"{value:.3g}" if abs(value) < WHOLE_FROM else f"{value:.0f}"


def _reach(rule: Rule, estimate: Estimate) -> float:
    """Return how far the interval goes from the estimate towards the bound."""
    value, low, high = estimate.value or 0.0, estimate.low or 0.0, estimate.high or 0.0
    return value - low if value > bound_of(rule) else high - value


def _can_see(rule: Rule, estimate: Estimate, unit: str) -> str:
    smallest = detectable(rule, estimate)
    if smallest is None:
        return ""
    change = "drop" if rule.wants_more else "rise"
    where = "" if rule.comparison == NON_INFERIOR else f" beyond {shown(rule.bound)}"
    return f" {estimate.n} {unit} can see a {change} of {shown(smallest)}{where}."
