"""Guardrails and kill limits of a rollout, as ``llmops.toml`` or ``--guard`` has them.

A guardrail is ``METRIC non_inferior MARGIN``: the candidate may be worse by less than the margin,
in the metric's own unit, or in percent of the stable version's for means (``latency_ms non_inferior
10%``). A kill limit is ``METRIC <= NUMBER`` (or ``>=``): beyond it the candidate goes back at once,
without statistics; besides the metrics there is ``spend_usd``, what the candidate has cost in all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Final

from llmops_magics.errors import UsageError
from llmops_magics.release.rollout.metric import Metric, parse_metric

SPEND: Final = "spend_usd"
_COMPARISON = re.compile(r"<=|>=")


@dataclass(frozen=True, kw_only=True)
class Guardrail:
    """By less than ``margin`` the candidate may be worse; of the stable mean if ``is_relative``."""

    text: str
    metric: Metric
    margin: float
    is_relative: bool = False

    def margin_on(self, stable_mean: float) -> float:
        """Return the margin in the metric's unit."""
        return self.margin * abs(stable_mean) if self.is_relative else self.margin


@dataclass(frozen=True, kw_only=True)
class KillLimit:
    """The candidate must stay on this side of ``limit``; ``metric`` is None of money in all."""

    text: str
    metric: Metric | None
    is_upper: bool
    limit: float

    def is_broken(self, value: float) -> bool:
        """Tell whether a value is beyond the limit; the limit itself is not."""
        return value > self.limit if self.is_upper else value < self.limit


@lru_cache(maxsize=256)
def parse_guardrail(text: str) -> Guardrail:
    """Read one guardrail; raises ``UsageError`` that says what is wrong with it."""
    name, joint, written = " ".join(text.split()).rpartition(" non_inferior ")
    if not joint or " " in written:
        raise UsageError(
            f"{text[:120]!r} is no guardrail.",
            hint='Write METRIC non_inferior MARGIN, such as "error_rate non_inferior 0.01".',
        )
    metric = parse_metric(name)
    is_relative = written.endswith("%")
    margin = _number(written.removesuffix("%"), text)
    if is_relative and metric.is_share:
        raise UsageError(
            f"{text[:120]!r}: the margin of a rate is a difference of rates.",
            hint=f"Write {margin / 100:g} for {margin:g} percentage points.",
        )
    if margin <= 0:
        raise UsageError(f"{text[:120]!r}: the margin must be above 0, or nothing ever passes.")
    return Guardrail(
        text=" ".join(text.split()),
        metric=metric,
        margin=margin / 100 if is_relative else margin,
        is_relative=is_relative,
    )


@lru_cache(maxsize=256)
def parse_kill(text: str) -> KillLimit:
    """Read one kill limit; raises ``UsageError`` that says what is wrong with it."""
    found = _COMPARISON.split(text.strip())
    name, limit = (found[0].strip(), found[1].strip()) if len(found) == 2 else ("", "")
    if not name or not limit:
        raise UsageError(
            f"{text[:120]!r} is no kill limit.",
            hint='Write METRIC <= NUMBER, such as "error_rate <= 0.2" or "spend_usd <= 50".',
        )
    return KillLimit(
        text=" ".join(text.split()),
        metric=None if name == SPEND else parse_metric(name),
        is_upper="<=" in text,
        limit=_number(limit, text),
    )


def parse_guardrails(texts: Sequence[str]) -> tuple[Guardrail, ...]:
    """Read guardrails; one a metric, for each spends its part of alpha."""
    guards = tuple(map(parse_guardrail, texts))
    names = [guard.metric.name for guard in guards]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"Two guardrails are on {', '.join(twice)}.", hint="Keep the stricter.")
    return guards


def check_plan(guards: Sequence[str], kill: Sequence[str]) -> None:
    """Refuse a plan that nobody could decide, before it begins; raises ``UsageError``."""
    parse_guardrails(guards)
    for text in kill:
        parse_kill(text)


def _number(written: str, text: str) -> float:
    try:
        number = float(written)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise UsageError(f"{text[:120]!r}: {written[:40]!r} is no number.")
    return number
