"""A rule: a pattern, what finding it means, and the words without which it cannot be found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from llmops_magics.guard.detectors.report import spans
from llmops_magics.guard.finding import Severity


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One pattern. ``marks`` are in lower case; one of them stands in any text that it finds."""

    kind: str
    severity: Severity
    score: float
    message: str
    pattern: re.Pattern[str]
    marks: tuple[str, ...] = ()

    def spans(self, text: str, small: str) -> Iterator[tuple[int, int]]:
        """Yield where a text matches; ``small`` is the text in lower case."""
        if not self.marks or any(mark in small for mark in self.marks):
            yield from spans(self.pattern.finditer(text))


def rule(  # noqa: PLR0917 (the columns of a table)
    kind: str, severity: Severity, score: float, message: str, pattern: str, marks: str = ""
) -> Rule:
    """Return a rule whose pattern ignores case; ``marks`` are words with spaces between."""
    return Rule(
        kind=kind,
        severity=severity,
        score=score,
        message=message,
        pattern=re.compile(pattern, re.IGNORECASE),
        marks=tuple(marks.split()),
    )


def matches(rules: Iterable[Rule], text: str) -> Iterator[tuple[Rule, tuple[int, int]]]:
    """Yield each rule with each place where a text matches it."""
    small = text.lower()
    for each in rules:
        for span in each.spans(text, small):
            yield each, span
