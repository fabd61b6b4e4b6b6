"""How the detectors that work by rule report what they find: in the text as it was written.

A text of a million characters can hold a million findings. Their number is bounded, and the last
one covers the rest, so that what is redacted or counted by span loses nothing.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import import_module
from typing import Final

from llmops_magics.errors import DetectorError
from llmops_magics.guard.disguise import TextView
from llmops_magics.guard.finding import INCOMPLETE, SEVERITIES, Finding, Severity, in_order

MOST: Final = 200  # findings of one detector in one text
READ: Final = (
    500_000  # characters of a text: under two seconds of CPU, whatever disguises are in it
)
_MOST_SPANS: Final = 2000  # of one pattern; 200 of them are kept


@dataclass(frozen=True, kw_only=True)
class Reporter:
    """Makes the findings of one detector."""

    detector: str
    version: str

    def found(
        self,
        kind: str,
        view: TextView,
        span: tuple[int, int],
        *,
        severity: Severity,
        score: float,
        message: str,
    ) -> Finding:
        """Return a finding at a stretch of a view; the message says which disguise it wore."""
        start, end = view.original(*span)
        return Finding(
            kind=kind,
            start=start,
            end=end,
            score=score,
            severity=severity,
            detector=self.detector,
            version=self.version,
            message=f"{message} ({', '.join(view.how)})" if view.how else message,
        )

    def unread(self, text: str) -> Iterator[Finding]:
        """Yield a finding for what stands behind the first ``READ`` characters."""
        if len(text) > READ:
            yield Finding(
                kind=INCOMPLETE,
                start=READ,
                end=len(text),
                score=1.0,
                severity="medium",
                detector=self.detector,
                version=self.version,
                message=f"only the first {READ:,} characters were read",
            )


def no_argument(name: str, argument: str) -> None:
    """Raise ``DetectorError`` where a detector is given an argument that it does not take."""
    if argument:
        raise DetectorError(
            f"the detector {name!r} takes no argument, not {argument!r}.",
            hint=f"Write {name!r} alone.",
        )


def spans(matches: Iterable[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """Yield where matches stand; beyond a bound one span covers all that follow."""
    rest: tuple[int, int] | None = None
    for number, match in enumerate(matches):
        if number < _MOST_SPANS:
            yield match.span()
        else:
            rest = (rest[0] if rest else match.start(), match.end())
    if rest:
        yield rest


@cache
def code_version(*modules: str) -> str:
    """Return a version that changes with the source of the modules that decide."""
    digest = sha256()
    for name in modules:
        digest.update(inspect.getsource(import_module(name)).encode())
    return f"sha256:{digest.hexdigest()[:12]}"


def settled(findings: Iterable[Finding]) -> Sequence[Finding]:
    """Return findings in order, each once however many readings it was seen in, and bounded."""
    worst: dict[tuple[str, int, int], Finding] = {}
    for finding in findings:
        place = (finding.kind, finding.start, finding.end)
        known = worst.get(place)
        if known is None or _rank(finding) > _rank(known):
            worst[place] = finding
    ordered = in_order(worst.values())
    if len(ordered) <= MOST:
        return ordered
    kept, rest = ordered[: MOST - 1], ordered[MOST - 1 :]
    worst_of_rest = max(rest, key=_rank)
    return (
        *kept,
        Finding(
            kind=worst_of_rest.kind,
            start=min(f.start for f in rest),
            end=max(f.end for f in rest),
            score=worst_of_rest.score,
            severity=worst_of_rest.severity,
            detector=worst_of_rest.detector,
            version=worst_of_rest.version,
            message=f"{len(rest)} more findings, this kind among them.",
        ),
    )


def _rank(finding: Finding) -> tuple[int, float]:
    return SEVERITIES.index(finding.severity), finding.score
