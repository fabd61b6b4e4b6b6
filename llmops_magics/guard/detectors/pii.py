"""``pii``: personal data by pattern and checksum, quick enough to run on every text.

E-mail addresses, telephone numbers, payment cards, IBANs, US social security numbers and internet
addresses: the patterns that mask what is stored. Names and postal addresses need ``pii-model``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import BOUNDARIES, Boundary, Context, Detector
from llmops_magics.guard.detectors.personal import KINDS
from llmops_magics.guard.finding import Finding
from llmops_magics.redaction import find_personal, outermost

# Numbers with a checksum or an unmistakable shape are certain, the others are told by a word.
_SCORES: Final = {"phone": 0.9, "ip": 0.9}


class PiiDetector:
    """The patterns; it reads texts of any length to their end."""

    name = "pii"
    version = "1"
    boundaries: frozenset[Boundary] = frozenset(BOUNDARIES)

    def scan(self, text: str, context: Context) -> Sequence[Finding]:  # noqa: ARG002
        """Return the personal data in a text."""
        return [self._finding(*found) for found in outermost(find_personal(text))]

    def _finding(self, kind: str, start: int, end: int) -> Finding:
        severity, words = KINDS[kind]
        return Finding(
            kind=f"pii.{kind}",
            start=start,
            end=end,
            score=_SCORES.get(kind, 1.0),
            severity=severity,
            detector=self.name,
            version=self.version,
            message=f"{words}, by its shape",
        )


def open_detector(argument: str) -> Detector:
    """Return the detector; it takes no argument."""
    if argument:
        raise DetectorError(f"the detector 'pii' takes no argument, not {argument!r}.")
    return PiiDetector()
