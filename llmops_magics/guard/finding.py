"""What a detector found: which kind, where in the text, how sure, how bad."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Severity: TypeAlias = Literal["low", "medium", "high", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = ("low", "medium", "high", "critical")
INCOMPLETE: Final = "incomplete"  # the kind of "this text was too long to be read to its end"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding of one detector.

    ``kind`` is dotted, from the general to the special (``injection.override``, ``pii.email``,
    ``secret.openai-key``). ``start`` and ``end`` are characters of the original text, whatever
    disguise was taken off before. ``score`` is between 0 and 1: 1 for what is certain (a checksum,
    a canary), a model's calibrated probability otherwise. ``message`` says why in plain words and
    never repeats what is sensitive.
    """

    kind: str
    start: int
    end: int
    score: float
    severity: Severity
    detector: str
    version: str
    message: str = ""

    def is_at_least(self, severity: Severity) -> bool:
        """Tell whether the finding is as bad as this, or worse."""
        return SEVERITIES.index(self.severity) >= SEVERITIES.index(severity)

    def matches(self, kind: str) -> bool:
        """Tell whether the finding is of a kind, or of a special case of it."""
        own = self.kind.lower()  # as policies write it
        return own == kind or own.startswith(f"{kind}.")


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by their place, the longer one first, the worse one before the milder."""
    return tuple(
        sorted(findings, key=lambda f: (f.start, -f.end, -SEVERITIES.index(f.severity), f.kind))
    )
