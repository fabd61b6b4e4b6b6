"""The detector ``injection``: scores every reading of a text and says where the worst part is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from llmops_magics.guard.detector import BOUNDARIES, Boundary, Context
from llmops_magics.guard.detectors.injection.model import Weights, features
from llmops_magics.guard.detectors.injection.passage import passages
from llmops_magics.guard.detectors.injection.rule import certain, kind_of
from llmops_magics.guard.disguise import VERSION as DISGUISE
from llmops_magics.guard.disguise import TextView, views
from llmops_magics.guard.finding import INCOMPLETE, Finding, Severity

_RULES: Final = "3"  # of the rules and of how scores are combined
_HIGH: Final = 0.9
_CERTAIN: Final = 0.97  # the share of attacks among the training texts that the rules report
READ: Final = 400_000  # characters of a text: a second of CPU, whatever is hidden in it
NOT_READ: Final = f"only the first {READ:,} characters were read"
_FEWEST_WORDS: Final = 3  # a name, a value or a key orders nothing; how it is spelt says nothing
_WHOLE: Final = 50_000  # characters of a text that is scored as a whole, too


class Worst(NamedTuple):
    """The part of a text with the highest score."""

    score: float
    view: TextView
    start: int
    end: int


class InjectionDetector:
    """Looks for attempts to make the model do what its owner does not want."""

    name = "injection"
    boundaries: frozenset[Boundary] = frozenset(BOUNDARIES)

    def __init__(self, weights: Weights, *, threshold: float | None = None) -> None:
        self._weights = weights
        self._threshold = weights.threshold if threshold is None else threshold
        self.version = f"{_RULES}.{DISGUISE}+{weights.digest[:12]}@{self._threshold:g}"

    def scan(self, text: str, context: Context) -> Sequence[Finding]:  # noqa: ARG002
        """Return what rules find, at most one of the model's, and one of what was not read."""
        if not text.strip():
            return ()
        read = text[:READ]
        found = [*self._by_rule(read)]
        if len(text) > READ:
            found.append(self._finding(INCOMPLETE, READ, len(text), 1.0, "medium", NOT_READ))
        worst = worst_part(read, self._weights)
        probability = self._weights.probability(worst.score)
        if probability >= self._threshold:
            by_model = self._by_model(worst, probability)
            if not any(_says_as_much(each, by_model) for each in found):
                found.append(by_model)
        return found

    def score_many(self, texts: Sequence[str]) -> list[float]:
        """Return for each text how likely it is an attack, reported or not, 0 for a blank one."""
        return [self._score(text[:READ]) if text.strip() else 0.0 for text in texts]

    def _score(self, text: str) -> float:
        probability = self._weights.probability(worst_part(text, self._weights).score)
        by_rule = any(certain(lower(view.text)) for view in views(text))
        return max(probability, _CERTAIN) if by_rule else probability

    def _by_model(self, worst: Worst, probability: float) -> Finding:
        start, end = worst.view.original(worst.start, worst.end)
        kind, why = kind_of(lower(worst.view.text[worst.start : worst.end]))
        how = f" (read as {', '.join(worst.view.how)})" if worst.view.how else ""
        severity: Severity = "high" if probability >= _HIGH else "medium"
        return self._finding(kind, start, end, round(probability, 4), severity, why + how)

    def _by_rule(self, text: str) -> Iterator[Finding]:
        """Yield the first finding of each reading, if no earlier reading shows the same place."""
        places: list[tuple[int, int]] = []
        for view in views(text):
            found = certain(lower(view.text))
            if not found:
                continue
            rule, first, last = found
            start, end = view.original(first, last)
            if not any(start < other_end and begin < end for begin, other_end in places):
                places.append((start, end))
                how = f" (read as {', '.join(view.how)})" if view.how else ""
                message = rule.message + how
                yield self._finding(rule.kind, start, end, _CERTAIN, "high", message)

    def _finding(  # noqa: PLR0917 (the columns of a table)
        self, kind: str, start: int, end: int, score: float, severity: Severity, message: str
    ) -> Finding:
        return Finding(
            kind=kind,
            start=start,
            end=end,
            score=score,
            severity=severity,
            detector=self.name,
            version=self.version,
            message=message,
        )


def lower(text: str) -> str:
    """Return lower case of the same length: a few letters grow, and spans must not move."""
    small = text.lower().replace("\u2019", "'")
    if len(small) == len(text):
        return small
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def worst_part(text: str, weights: Weights) -> Worst:
    """Return the part with the highest score: a whole reading, or a passage of one."""
    parts = (part for view in views(text) for part in _parts(view, weights))
    return max(parts, key=lambda part: part.score, default=Worst(-math.inf, TextView(text), 0, 0))


def _parts(view: TextView, weights: Weights) -> Iterator[Worst]:
    plain = view.text
    if _is_short(plain):
        return
    size = len(plain)
    if size <= _WHOLE:
        yield Worst(weights.above(weights.score(features(plain)), size), view, 0, size)
    for start, end in passages(plain):
        score = weights.score(features(plain[start:end]))
        yield Worst(weights.above(score, size, is_passage=True), view, start, end)


def _is_short(plain: str) -> bool:
    """Tell whether a text has too few words; scripts without spaces are taken to have enough."""
    few = len(plain.split(maxsplit=_FEWEST_WORDS)) < _FEWEST_WORDS
    return few and max(plain, default="") < "\u2e80"


def _says_as_much(rule: Finding, model: Finding) -> bool:
    """Tell whether a rule's finding says what the model says, and where more exactly."""
    return rule.kind == model.kind and rule.start < model.end and model.start < rule.end
