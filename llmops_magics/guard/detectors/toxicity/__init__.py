"""Abuse by pattern: insults, threats, hatred, explicit sex, self-harm, profanity.

Precision comes first: a pattern needs a word that has no other use, or one that is aimed at a
person ("you are such an idiot", "I will kill you"), so "kill the process" is no finding. Disguises
are undone by ``guard.disguise``. It knows English only, and a few words in each category: it does
not see irony, abuse in polite words, hatred without a slur, or what is new. It does not know who
speaks: a novel, a quotation and a report about abuse hold the same words. Self-harm is found in
whoever speaks of doing it, for somebody to look after them. For a judgement use the scorer
``safety`` with a judge model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmops_magics.guard.detector import BOUNDARIES, Boundary, Context
from llmops_magics.guard.detectors.report import READ, Reporter, code_version, no_argument, settled
from llmops_magics.guard.detectors.rule import matches
from llmops_magics.guard.detectors.toxicity.rules import RULES
from llmops_magics.guard.disguise import VERSION, views
from llmops_magics.guard.finding import Finding


class ToxicityDetector:
    """Looks for abuse, aimed at anybody or spoken by anybody."""

    name = "toxicity"
    boundaries: frozenset[Boundary] = frozenset(BOUNDARIES)

    def __init__(self) -> None:
        self.version = f"{code_version(__name__, f'{__name__}.rules')}/{VERSION}"
        self._report = Reporter(detector=self.name, version=self.version)

    def scan(self, text: str, context: Context) -> Sequence[Finding]:  # noqa: ARG002 (protocol)
        """Return each place where a pattern of abuse stands."""
        return (*settled(self._findings(text[:READ])), *self._report.unread(text))

    def _findings(self, text: str) -> Iterator[Finding]:
        for view in views(text):
            for each, span in matches(RULES, view.text):
                yield self._report.found(
                    each.kind,
                    view,
                    span,
                    severity=each.severity,
                    score=each.score,
                    message=each.message,
                )


def open_detector(argument: str) -> ToxicityDetector:
    """Return the detector; it takes no argument."""
    no_argument(ToxicityDetector.name, argument)
    return ToxicityDetector()
