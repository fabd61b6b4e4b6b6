"""What a rollout is held to: the names of metrics, and which way each does harm."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from llmops_magics.errors import UsageError

Source = Literal["call", "evaluation"]
_PLAIN: Final = {
    "error_rate": True,
    "refusal_rate": True,
    "latency_ms": False,
    "cost_usd": False,
}  # whether it is a share of requests
_OVER = re.compile(r"latency_over\(\s*([\d.]+)\s*(ms|s|m)\s*\)")
_NAMED = re.compile(r"(feedback|score)\.([A-Za-z][\w./-]{0,79})")
_UNITS_MS: Final = {"ms": 1.0, "s": 1000.0, "m": 60_000.0}
KNOWN: Final = "error_rate, refusal_rate, latency_ms, latency_over(2000ms), cost_usd, "
KNOWN_NAMED: Final = "feedback.NAME, score.NAME"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of requests: ``name`` as it is written, and canonical.

    A share (``is_share``) is of values 0 and 1; ``more_is_worse`` says which way harm lies.
    ``limit_ms`` is that of ``latency_over``, ``evaluation`` the name behind ``feedback.`` or
    ``score.``.
    """

    name: str
    is_share: bool
    more_is_worse: bool = True
    limit_ms: float = 0.0
    evaluation: str = ""

    @property
    def source(self) -> Source:
        """Where its values come from: the calls themselves, or what was said of them later."""
        return "evaluation" if self.evaluation else "call"


def parse_metric(text: str) -> Metric:
    """Read a metric's name; raises ``UsageError`` for one that there is none of."""
    written = text.strip()
    if written in _PLAIN:
        return Metric(name=written, is_share=_PLAIN[written])
    if (over := _OVER.fullmatch(written)) is not None:
        limit_ms = _milliseconds(over[1], over[2])
        return Metric(name=f"latency_over({limit_ms:g}ms)", is_share=True, limit_ms=limit_ms)
    if (named := _NAMED.fullmatch(written)) is not None:
        return Metric(
            name=written,
            is_share=named[1] == "feedback",
            more_is_worse=False,
            evaluation=named[2],
        )
    raise UsageError(
        f"A rollout has no metric {written[:80]!r}.",
        hint=f"Use {KNOWN}{KNOWN_NAMED}.",
    )


def _milliseconds(number: str, unit: str) -> float:
    try:
        return float(number) * _UNITS_MS[unit]
    except ValueError:
        raise UsageError(f"latency_over: {number!r} is no number.") from None
