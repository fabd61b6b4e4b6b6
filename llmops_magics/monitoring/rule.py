"""A monitor's rule as text: when it alerts, in one line that can be read aloud.

A rule names what is measured, over which calls, a bound, and how far back it looks. It is parsed
before anything is stored, so a rule that cannot be meant is an error and never a silent ok. It is
data: nothing of it is ever run.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from operator import ge, gt, le, lt

from llmops_magics.errors import UsageError
from llmops_magics.monitoring.aggregate import FILTERS
from llmops_magics.monitoring.window import period_s
from llmops_magics.tracing.failure import FAILURES

LATENCIES = ("latency_ms", "first_token_ms")
SHARES = ("error_rate", "failure_rate", "cache_hit_rate")
SUMS = ("calls", "cost_usd")
MAX_RULE_CHARACTERS = 500
GRAMMAR = (
    "A monitor is METRIC COMPARISON NUMBER over TIME, such as 'p95(latency_ms) > 4000 over 15m', "
    "'error_rate[prompt=support/answer] > 5% over 1h', 'failure_rate(timeout) > 0.02 over 1h', "
    "'cost_usd[model=openai/gpt-4.1] > 5 over 24h', 'calls < 10 over 1h' or "
    "'cache_hit_rate < 0.2 over 1d'. Latencies (latency_ms, first_token_ms) take p50, p95, p99, "
    "mean or max; comparisons are >, >=, <, <=; filters are prompt, model and purpose."
)
_HOLDS = {">": gt, ">=": ge, "<": lt, "<=": le}
_FORM = re.compile(
    r"\A(?P<metric>[a-z0-9_.]++)\s*+"
    r"(?:\(\s*+(?P<inner>[a-z0-9_]++)\s*+(?:\[(?P<in_filters>[^\[\]]*+)\]\s*+)?\))?"
    r"\s*+(?:\[(?P<filters>[^\[\]]*+)\])?"
    r"\s*+(?P<comparison>>=|<=|>|<)\s*+(?P<bound>[^\s%]++)(?P<percent>\s*%)?"
    r"\s+over\s+(?P<period>\S+)"
)
_QUANTILE = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,2})?)")


@dataclass(frozen=True, kw_only=True)
class MonitorRule:
    """One parsed rule.

    ``subject`` is a latency, a share or a sum; ``statistic`` is mean, max or a quantile such as
    p95 of a latency, a class of failure for ``failure_rate``, and else empty. ``where`` are the
    filters. The rule alerts when the measured value is ``comparison`` ``bound``; a share's bound
    lies between 0 and 1.
    """

    text: str
    subject: str
    statistic: str
    where: tuple[tuple[str, str], ...]
    comparison: str
    bound: float
    over_s: int

    @property
    def quantile(self) -> float | None:
        """The quantile asked for, between 0 and 1, or None for another statistic."""
        found = _QUANTILE.fullmatch(self.statistic)
        return float(found[1]) / 100 if found and self.subject in LATENCIES else None

    @property
    def needs_many(self) -> bool:
        """Whether few calls say nothing: not so of a count or a sum."""
        return self.subject not in SUMS

    def alerts(self, value: float) -> bool:
        """Tell whether a value is beyond the bound."""
        return bool(_HOLDS[self.comparison](value, self.bound))


def parse_rule(text: str) -> MonitorRule:
    """Read a rule; ``UsageError`` with the grammar when it cannot be read or decided."""
    is_text = isinstance(text, str) and len(text) <= MAX_RULE_CHARACTERS
    written = " ".join(text.split()) if is_text else ""
    found = _FORM.fullmatch(written)
    if found is None:
        raise UsageError(f"The monitor {text[:200]!r} cannot be read.", hint=GRAMMAR)
    part = found.groupdict()
    subject, statistic = _measured(written, part["metric"], part["inner"] or "")
    rule = MonitorRule(
        text=written,
        subject=subject,
        statistic=statistic,
        where=_filters(written, part["filters"], part["in_filters"]),
        comparison=part["comparison"],
        bound=_bound(written, part["bound"], is_percent=part["percent"] is not None),
        over_s=period_s(part["period"]),
    )
    _refuse_nonsense(rule, is_percent=part["percent"] is not None)
    return rule


def _measured(text: str, metric: str, inner: str) -> tuple[str, str]:
    """Return subject and statistic."""
    if inner in LATENCIES:
        quantile = _QUANTILE.fullmatch(metric)
        if metric in ("mean", "max") or (quantile and 0 < float(quantile[1]) < 100):
            return inner, metric
    elif metric == "failure_rate" and inner in FAILURES:
        return metric, inner
    elif not inner and metric in (*SUMS, "error_rate", "cache_hit_rate"):
        return metric, ""
    raise UsageError(
        f"The monitor {text!r} cannot be decided: {_reason(metric, inner)}.", hint=GRAMMAR
    )


def _reason(metric: str, inner: str) -> str:
    if metric == "failure_rate":
        return f"failure_rate takes one of {', '.join(FAILURES)}"
    if metric in LATENCIES and not inner:
        return f"{metric} needs a statistic: p95({metric}), or p50, p99, mean, max"
    if inner in LATENCIES:
        return f"{metric} is no statistic of {inner}"
    return f"there is no metric {metric}({inner})" if inner else f"there is no metric {metric}"


def _filters(text: str, *written: str | None) -> tuple[tuple[str, str], ...]:
    """Return the filters by name; each may stand once."""
    found: dict[str, str] = {}
    given = [part for part in written if part is not None]
    for item in ",".join(given).split(",") if given else ():
        name, equals, value = (piece.strip() for piece in item.partition("="))
        if not equals or name not in FILTERS or not value or name in found:
            raise UsageError(
                f"In the monitor {text!r}, {item.strip()!r} is no filter.",
                hint=f"Write [{FILTERS[0]}=support/answer, {FILTERS[1]}=openai/gpt-4.1].",
            )
        found[name] = value
    return tuple(sorted(found.items()))


def _bound(text: str, written: str, *, is_percent: bool) -> float:
    try:
        bound = float(written.removeprefix("$"))
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound) or bound < 0:
        raise UsageError(
            f"In the monitor {text!r}, {written!r} is no number of 0 or more.", hint=GRAMMAR
        )
    return bound / 100 if is_percent else bound


def _refuse_nonsense(rule: MonitorRule, *, is_percent: bool) -> None:
    """Refuse what parses and still is always or never so."""
    reason = ""
    if is_percent and rule.subject not in SHARES:
        reason = f"{rule.subject} is not measured in percent"
    elif rule.subject in SHARES and rule.bound > 1:
        reason = f"{rule.subject} lies between 0 and 1: write 0.05 or 5%"
    elif rule.comparison == "<" and rule.bound == 0:
        reason = "nothing is below 0"
    elif rule.comparison == ">=" and rule.bound == 0:
        reason = "everything is 0 or more"
    elif rule.subject in SHARES and (rule.comparison, rule.bound) in ((">", 1.0), ("<=", 1.0)):
        reason = "a share is never above 1"
    if reason:
        raise UsageError(f"The monitor {rule.text!r} cannot be decided: {reason}.", hint=GRAMMAR)
