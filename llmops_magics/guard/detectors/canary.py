"""Planted tokens that must not be seen again: finding one is proof, not a likelihood.

Put a token of ``make_canary`` into a system prompt or a document that nobody may read. It is found
as it was written, in other case, with up to eight other characters between its letters, and in
base64, hex, rot13, in reverse and in whatever else ``guard.disguise`` undoes. It is not found
where a model gives only a part of it.
"""

from __future__ import annotations

import base64
import codecs
import re
import secrets
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import BOUNDARIES, Boundary, Context
from llmops_magics.guard.detectors.report import Reporter, code_version, no_argument, settled
from llmops_magics.guard.disguise import VERSION, TextView, views
from llmops_magics.guard.finding import Finding

KIND: Final = "canary"
_SHORTEST: Final = 6  # letters and digits; a shorter token stands in texts by chance
_LONGEST: Final = 200
_NOT_ALPHANUMERIC: Final = re.compile(r"[\W_]+")


def make_canary() -> str:
    """Return a new token to plant; nobody writes it by chance."""
    return f"canary-{secrets.token_hex(8)}"


class CanaryDetector:
    """Looks for the tokens in ``Context.canaries``."""

    name = "canary"
    boundaries: frozenset[Boundary] = frozenset(BOUNDARIES)

    def __init__(self) -> None:
        self.version = f"{code_version(__name__)}/{VERSION}"
        self._report = Reporter(detector=self.name, version=self.version)

    def scan(self, text: str, context: Context) -> Sequence[Finding]:
        """Return each place where a planted token stands.

        Raises ``DetectorError`` for a token that is too short to be proof of anything.
        """
        if not context.canaries:
            return ()
        spellings = [spelling for canary in context.canaries for spelling in _spellings(canary)]
        return settled(
            finding
            for view in (*views(text), TextView(text))
            for pattern, how in spellings
            for finding in self._find(view, pattern, how)
        )

    def _find(self, view: TextView, pattern: re.Pattern[str], how: str) -> Iterator[Finding]:
        for match in pattern.finditer(view.text):
            yield self._report.found(
                KIND,
                view,
                match.span(),
                severity="critical",
                score=1.0,
                message=f"A planted token stands here{how}.",
            )


@lru_cache(maxsize=256)
def _spellings(canary: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the patterns of one token: with gaps, reversed, and as each encoding writes it."""
    compact = _NOT_ALPHANUMERIC.sub("", canary)[:_LONGEST]
    if len(compact) < _SHORTEST:
        raise DetectorError(
            f"a canary of {len(compact)} letters and digits is too short to be proof.",
            hint="Plant a token of llmops_magics.guard.detectors.canary.make_canary().",
        )
    spelled = [(compact, ""), (compact[::-1], ", reversed")]
    if (turned := codecs.encode(compact, "rot13")) != compact:
        spelled.append((turned, ", in rot13"))
    raw = canary[:_LONGEST].encode()
    encoded = [(raw.hex(), ", in hex")]
    encoded += [(part, ", in base64") for part in _base64_parts(raw)]
    return (
        *((re.compile(_with_gaps(word), re.IGNORECASE), how) for word, how in spelled),
        *((re.compile(re.escape(word), re.IGNORECASE), how) for word, how in encoded),
    )


def _with_gaps(word: str) -> str:
    return r"[\W_]{0,8}".join(map(re.escape, word))


def _base64_parts(raw: bytes) -> Iterator[str]:
    """Yield what base64 makes of the token wherever in a longer text it begins."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode()
        first = (0, 2, 3)[before]  # characters that hold bits of what stands before
        last = len(encoded) - {0: 0, 1: 3, 2: 2}[(before + len(raw)) % 3]
        yield encoded[first:last]


def open_detector(argument: str) -> CanaryDetector:
    """Return the detector; it takes no argument."""
    no_argument(CanaryDetector.name, argument)
    return CanaryDetector()
