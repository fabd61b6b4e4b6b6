"""Findings as they may be shown: in their lines, with everything sensitive around them masked.

What is masked is found in the whole text, before anything is cut out of it, so that no half of a
key stands in an excerpt.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

from llmops_magics.guard.disguise import views
from llmops_magics.guard.finding import Finding
from llmops_magics.guard.survey.piece import Piece
from llmops_magics.guard.survey.report import Sighting
from llmops_magics.record import digest
from llmops_magics.redaction import find_sensitive, redact

AROUND_CHARACTERS = 60
EXCERPT_CHARACTERS = 240
_SENSITIVE = ("pii", "secret", "canary")
# Base64, hexadecimal, percent signs, entities: what may be read as something else.
_ENCODED = re.compile(r"[A-Za-z0-9+/=_-]{20}|%[0-9A-Fa-f]{2}|&[#a-z0-9]{2,8};")


def sightings(
    piece: Piece, findings: Sequence[Finding], beside: Sequence[Finding] = ()
) -> tuple[Sighting, ...]:
    """Return findings of one text as they may be shown, in their order.

    ``beside`` are further findings in it that are only masked.
    """
    masked = _Masked(piece.text, [*findings, *beside])
    lines = _Lines(piece.text)
    seen: Counter[tuple[str, str]] = Counter()
    made = []
    for finding in findings:
        start, end = _within(finding.start, finding.end, len(piece.text))
        excerpt = masked.part(start, min(end, start + EXCERPT_CHARACTERS))
        excerpt += "…" if end > start + EXCERPT_CHARACTERS else ""
        same = (finding.kind, excerpt)
        seen[same] += 1
        made.append(
            Sighting(
                kind=finding.kind,
                severity=finding.severity,
                score=round(float(finding.score), 4),
                detector=finding.detector,
                version=finding.version,
                message=redact(finding.message),
                start=start,
                end=end,
                **lines.places(start, end),
                before=masked.part(max(0, start - AROUND_CHARACTERS), start),
                excerpt=excerpt,
                after=masked.part(end, end + AROUND_CHARACTERS),
                fingerprint=digest([piece.file or piece.name, *same, seen[same]]),
            )
        )
    return tuple(made)


def is_sensitive(finding: Finding) -> bool:
    """Tell whether what was found must not be shown."""
    return any(finding.matches(kind) for kind in _SENSITIVE)


def merged(spans: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return spans in order, those that overlap as one with the name of the first."""
    joined: list[tuple[int, int, str]] = []
    for start, end, name in sorted(spans, key=lambda span: (span[0], -span[1])):
        if joined and start < joined[-1][1]:
            first, last, known = joined[-1]
            joined[-1] = (first, max(last, end), known)
        elif end > start:
            joined.append((start, end, name))
    return joined


class _Masked:
    """A text of which parts are read with all that is sensitive replaced by its kind."""

    def __init__(self, text: str, findings: Sequence[Finding]) -> None:
        self._text = text
        known = [(f.start, f.end, f.kind) for f in findings if is_sensitive(f)]
        always = [(f.start, f.end, f.kind) for f in find_sensitive(text)]
        self._spans = merged([*known, *always])
        self._ends = [end for _, end, _ in self._spans]

    def part(self, start: int, end: int) -> str:
        """Return the masked text of a part; a span that is cut by its ends is masked as a whole."""
        end = min(end, len(self._text))
        pieces, at = [], start
        for first, last, name in self._spans[bisect_right(self._ends, start) :]:
            if first >= end:
                break
            pieces += [self._text[at : max(first, at)], f"[{name.rpartition('.')[2]}]"]
            at = min(last, end)
        return _undisguised("".join([*pieces, self._text[at:end]]))


def _undisguised(part: str) -> str:
    """Return a part as it is, unless something sensitive is encoded in it."""
    if not _ENCODED.search(part):
        return part
    hidden = any(find_sensitive(view.text) for view in views(part))
    return "[masked: something sensitive is encoded here]" if hidden else part


class _Lines:
    """The lines of a text, for places that count from 1."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)

    def places(self, start: int, end: int) -> dict[str, int]:
        """Return line and column of both ends."""
        (line, column), (end_line, end_column) = map(self._place, (start, end))
        return {"line": line, "column": column, "end_line": end_line, "end_column": end_column}

    def _place(self, at: int) -> tuple[int, int]:
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1


def _within(start: int, end: int, length: int) -> tuple[int, int]:
    """Keep a span within its text, whatever a detector says."""
    first = min(max(start, 0), length)
    return first, min(max(end, first), length)
