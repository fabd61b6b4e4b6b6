"""Instructions in what should be data: retrieved passages and the results of tools.

Nobody who writes a document has a reason to speak to the assistant that will read it. So there are
more rules here than for what a user types, beside the model of ``injection``: they look for
sentences that address the assistant, hide something from the user, or make the task depend on
another action. A request that reads like an ordinary one
("list the winners of 2015") is not seen: that a tool result may not cause an action of its own is
for the taint rule at the boundary, not for this detector.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import UNTRUSTED, Boundary, Context
from llmops_magics.guard.detectors.injection.detector import NOT_READ, READ, lower, worst_part
from llmops_magics.guard.detectors.injection.model import Weights, shipped
from llmops_magics.guard.detectors.injection.rule import is_told
from llmops_magics.guard.disguise import VERSION as DISGUISE
from llmops_magics.guard.disguise import views
from llmops_magics.guard.finding import INCOMPLETE, Finding, Severity

_RULES_VERSION: Final = "2"
_HIGH: Final = 0.9
_ASSISTANT: Final = (
    r"(?:(?:ai|automated|virtual) (?:assistant|agent|model|system)s?|assistant|language model|llm"
    r"|chatbot|chatgpt|copilot|gemini|claude|ai)"
)
_ACT: Final = (
    r"(?:must|should|shall|needs? to|has to|have to|please|ignore|disregard|forget|send|forward"
    r"|delete|visit|click|open|reply|respond|say|tell|print|include|call|transfer|do not|don't)"
)


class _Rule:
    def __init__(self, kind: str, pattern: str, score: float, severity: Severity, why: str) -> None:
        self.kind, self.score, self.severity, self.why = kind, score, severity, why
        self.pattern = re.compile(pattern)


# Over folded lower-case text. Every repeat is bounded, and none stands within another.
RULES: Final = (
    _Rule(
        "indirect.addressed",
        r"\b(?:note|message|instructions?|attention|important|notice|hey|hello|dear|for|to)\b"
        rf"[ ,:]{{1,3}}(?:the |an |any |all |you,? (?:the )?)?{_ASSISTANT}\b"
        rf"[^\n]{{0,60}}\b{_ACT}\b",
        0.85,
        "high",
        "it speaks to the assistant that reads it and asks for something",
    ),
    _Rule(
        "indirect.addressed",
        rf"\bif you are (?:an? |the )?{_ASSISTANT}\b|\b{_ASSISTANT} (?:reading|processing) this\b",
        0.9,
        "high",
        "it speaks to the assistant that reads it",
    ),
    _Rule(
        "indirect.precondition",
        r"\bbefore (?:you|continuing|answering|proceeding)[^.\n]{0,60}\b(?:task|question|request"
        r"|answer|continue|proceed|solve)\b[^\n]{0,80}"
        r"\b(?:must|have to|need to|should|please|first)\b",
        0.7,
        "medium",
        "it makes the task depend on another action",
    ),
    _Rule(
        "indirect.concealed",
        r"\b(?:do not|don't|never|without) (?:tell|mention|inform|telling|mentioning|informing"
        r"|notify|notifying)\b[^.\n]{0,30}\b(?:the )?(?:user|human|customer|owner)\b",
        0.8,
        "high",
        "it asks to keep something from the user",
    ),
    _Rule(
        "indirect.override",
        r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier"
        r"|original|system|user's)\b[^.\n]{0,30}\b(?:instructions?|prompts?|task|rules|request"
        r"|question|guidelines)\b",
        0.85,
        "high",
        "it asks to set aside the instructions",
    ),
    _Rule(
        "indirect.fake-system",
        r"<\|im_start\|>|<\|im_end\|>|\[/?inst\]|<<sys>>|</?(?:system|information|instructions?)>"
        r"|\bimportant message from (?:me|[\w ]{2,20}),? (?:[\w ]{2,20},? )?to (?:you|the ai)\b"
        r"|[\[<(]{1,2}(?:system|admin) (?:message|override|instruction|prompt)[\])>:]"
        r"|<!--[^>]{0,40}\b(?:ai|assistant|llm|agent|ignore)\b",
        0.8,
        "high",
        "it poses as a message of the system",
    ),
)


class IndirectDetector:
    """Looks for text that tries to give orders from where only data should come."""

    name = "indirect"
    boundaries: frozenset[Boundary] = UNTRUSTED

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._threshold = weights.threshold
        self.version = f"{_RULES_VERSION}.{DISGUISE}+{weights.digest[:12]}@{self._threshold:.4g}"

    def scan(self, text: str, context: Context) -> Sequence[Finding]:  # noqa: ARG002
        """Return at most one finding a rule, one of the model, one of what was not read."""
        if not text.strip():
            return ()
        read = text[:READ]
        found = [*self._by_rules(read)]
        if len(text) > READ:
            found.append(self._finding(INCOMPLETE, READ, len(text), 1.0, "medium", NOT_READ))
        worst = worst_part(read, self._weights)
        probability = self._weights.probability(worst.score)
        if probability >= self._threshold:
            start, end = worst.view.original(worst.start, worst.end)
            severity: Severity = "high" if probability >= _HIGH else "medium"
            why = "it reads like instructions, where only data should be"
            found.append(
                self._finding(
                    "indirect.instruction", start, end, round(probability, 4), severity, why
                )
            )
        return found

    def score_many(self, texts: Sequence[str]) -> list[float]:
        """Return for each text how likely it gives orders, reported or not, 0 for a blank one."""
        return [self._score(text[:READ]) if text.strip() else 0.0 for text in texts]

    def _score(self, text: str) -> float:
        probability = self._weights.probability(worst_part(text, self._weights).score)
        return max((probability, *(finding.score for finding in self._by_rules(text))))

    def _by_rules(self, text: str) -> Iterator[Finding]:
        seen = set()
        for view in views(text):
            plain = lower(view.text)
            for rule in RULES:
                match = None if rule in seen else rule.pattern.search(plain)
                if match and not is_told(plain, *match.span()):
                    seen.add(rule)
                    start, end = view.original(*match.span())
                    yield self._finding(rule.kind, start, end, rule.score, rule.severity, rule.why)

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


def open_detector(argument: str) -> IndirectDetector:
    """Return the detector; it takes no argument."""
    if argument:
        raise DetectorError(f"indirect takes no argument, got {argument!r}.")
    return IndirectDetector(shipped())
