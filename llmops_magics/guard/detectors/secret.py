"""``secrets``: credentials, by the patterns that mask what is stored, and by Kingfisher's rules.

The extra ``secrets`` brings Kingfisher's some hundred rules; ``version`` says whether they were
there. Nothing is ever validated: a credential that was found is shown to nobody.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import BOUNDARIES, Boundary, Context, Detector
from llmops_magics.guard.finding import Finding, Severity
from llmops_magics.redaction import find_secrets, outermost

if TYPE_CHECKING:
    from kingfisher_sdk import Scanner

# What may have been given out for a short time, or be an example; all others are critical.
_HIGH: Final = frozenset({"assigned-secret", "bearer-token", "jwt", "url-password"})
_SCORES: Final = {"high": 1.0, "medium": 0.8, "low": 0.5}
# Both would make the scanner decode the bytes as something else than UTF-8, and move its offsets.
_HARMLESS: Final = str.maketrans({"\0": " ", "\ufeff": "\u2003"})


class SecretDetector:
    """Our patterns, and Kingfisher's rules where they are installed."""

    name = "secrets"
    boundaries: frozenset[Boundary] = frozenset(BOUNDARIES)

    def __init__(self, *, kingfisher: bool = True) -> None:
        self._scanner = _scanner() if kingfisher else None
        self.version = f"1+kingfisher-{_version()}" if self._scanner else "1"

    def scan(self, text: str, context: Context) -> Sequence[Finding]:  # noqa: ARG002
        """Return the credentials in a text; one that both know is ours."""
        found = [
            self._finding(kind, start, end, 0.9 if kind == "assigned-secret" else 1.0)
            for kind, start, end in outermost(find_secrets(text))
        ]
        starts = [finding.start for finding in found]
        reached = [0, *accumulate((finding.end for finding in found), max)]
        for kind, start, end, score in self._by_rules(text):
            if reached[bisect_left(starts, end)] <= start:  # none of ours overlaps it
                found.append(self._finding(kind, start, end, score))
        return found

    def _by_rules(self, text: str) -> Iterator[tuple[str, int, int, float]]:
        """Yield what Kingfisher finds, its byte offsets as characters."""
        if self._scanner is None:
            return
        data = text.translate(_HARMLESS).encode("utf-8", "surrogatepass")
        found = [each for each in self._scanner.scan(data) if each.visible]
        place = _characters(data) if found else int
        for each in found:
            start, end = place(each.location["start_offset"]), place(each.location["end_offset"])
            kind = each.rule_id.rpartition(".")[2].lower()
            yield kind, start, end, _SCORES.get(each.confidence, 0.5)

    def _finding(self, kind: str, start: int, end: int, score: float) -> Finding:
        severity: Severity = "high" if kind in _HIGH or score < 1 else "critical"
        return Finding(
            kind=f"secret.{kind}",
            start=start,
            end=end,
            score=score,
            severity=severity,
            detector=self.name,
            version=self.version,
            message=f"a credential: {kind.replace('-', ' ')}",
        )


def _characters(data: bytes) -> Callable[[int], int]:
    """Return what turns an offset of bytes into one of characters, in constant time."""
    if data.isascii():
        return int
    begins = list(accumulate((byte & 0xC0 != 0x80 for byte in data), initial=0))
    return lambda offset: begins[min(offset, len(data))]


@lru_cache(maxsize=1)
def _scanner() -> Scanner | None:
    try:
        from kingfisher_sdk import Scanner
    except ImportError:
        return None
    return Scanner(base64=True, redact=True)


def _version() -> str:
    from importlib.metadata import version

    return version("kingfisher-secret-scanner")


def open_detector(argument: str) -> Detector:
    """Return the detector: ``secrets:patterns`` is without Kingfisher, ``secrets:kingfisher`` not.

    Raises ``DetectorError`` where Kingfisher is demanded and not installed.
    """
    if argument not in {"", "patterns", "kingfisher"}:
        raise DetectorError(
            f"the detector 'secrets' knows no {argument!r}.",
            hint="There are secrets, secrets:patterns and secrets:kingfisher.",
        )
    opened = SecretDetector(kingfisher=argument != "patterns")
    if argument == "kingfisher" and "kingfisher" not in opened.version:
        raise DetectorError(
            "kingfisher-secret-scanner is not installed.",
            hint='pip install "llmops_magics[secrets]"',
        )
    return opened
