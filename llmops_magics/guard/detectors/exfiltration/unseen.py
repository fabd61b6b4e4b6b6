"""Characters that nobody sees, and letters that are taken for others.

Joiners belong to Persian, Indian scripts and emoji, direction marks to Arabic and Hebrew,
selectors to emoji, soft hyphens to typeset text: none of these counts where it belongs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from llmops_magics.guard.detectors.report import Reporter, spans
from llmops_magics.guard.disguise import TextView
from llmops_magics.guard.disguise.confusables import unmixed
from llmops_magics.guard.disguise.hidden import hidden
from llmops_magics.guard.finding import Finding, Severity

_ASCII_ONLY: Final = re.compile(r"[^\x00-\x7f]")
_TAGS: Final = re.compile(
    r"(?<![\U0001F3F4\U000E0001-\U000E007F])[\U000E0001-\U000E007F]{2,}"
    r"|(?<=\U0001F3F4)[\U000E0001-\U000E007F]{8,}"
)
_SELECTORS: Final = re.compile(r"[\uFE00-\uFE0F\U000E0100-\U000E01EF]{4,}")
_ZERO_WIDTH: Final = re.compile(
    r"[\u200B-\u200D\u2060-\u2064\u180E\uFEFF\u034F]{4,}"
    r"|(?<=[A-Za-z0-9 ])[\u200B-\u200D\u2060-\u2064\uFEFF]{1,3}(?=[A-Za-z0-9 ])"
)
_OVERRIDE: Final = re.compile(r"[\u202D\u202E]")
_ISOLATE: Final = re.compile(r"[\u202A\u202B\u2066-\u2068]")
_RIGHT_TO_LEFT: Final = re.compile(r"[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]")
_FEW: Final = 3  # single joiners in Latin text are left by editors and web pages
# Cyrillic, Armenian and Cherokee. Greek and phonetic letters stand in words of science.
_LOOK_ALIKE: Final = re.compile(r"[\u0400-\u0530\u0531-\u0587\u13A0-\u13F4]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_LATIN: Final = re.compile(r"[A-Za-z]")
_SHORTEST_WORD: Final = 4


def findings(view: TextView, report: Reporter) -> Iterator[Finding]:
    """Yield runs that nobody sees, changes of direction and words of mixed scripts."""
    if not _ASCII_ONLY.search(view.text):
        return
    yield from _hidden_text(view, report)
    yield from _zero_width(view, report)
    yield from _direction(view, report)
    yield from _homoglyphs(view, report)


def _hidden_text(view: TextView, report: Reporter) -> Iterator[Finding]:
    for kind, pattern, name in (
        ("exfiltration.tag-characters", _TAGS, "tag characters"),
        ("exfiltration.zero-width", _SELECTORS, "variation selectors"),
    ):
        for span in spans(pattern.finditer(view.text)):
            yield report.found(
                kind,
                view,
                span,
                severity="high",
                score=0.95,
                message=f"{span[1] - span[0]} {name}, in which text is hidden.",
            )


def _zero_width(view: TextView, report: Reporter) -> Iterator[Finding]:
    matches = list(_ZERO_WIDTH.finditer(view.text))
    runs = [m for m in matches if len(m.group()) > _FEW]
    if not runs and len(matches) < _FEW:
        return
    says_something = any("zero-width bits" in each.how for each in hidden(view))
    severity: Severity = "high" if says_something else "medium"
    for span in spans(matches):
        yield report.found(
            "exfiltration.zero-width",
            view,
            span,
            severity=severity,
            score=0.9 if says_something else 0.7,
            message="Characters without width, in which text can be hidden.",
        )


def _direction(view: TextView, report: Reporter) -> Iterator[Finding]:
    pattern = _OVERRIDE
    if not _RIGHT_TO_LEFT.search(view.text) and _ISOLATE.search(view.text):
        pattern = re.compile(f"{_OVERRIDE.pattern}|{_ISOLATE.pattern}")
    for span in spans(pattern.finditer(view.text)):
        is_override = bool(_OVERRIDE.match(view.text, *span))
        yield report.found(
            "exfiltration.bidi",
            view,
            span,
            severity="medium" if is_override else "low",
            score=0.8 if is_override else 0.4,
            message="A change of direction: what is seen is not what is written.",
        )


def _homoglyphs(view: TextView, report: Reporter) -> Iterator[Finding]:
    if not _LOOK_ALIKE.search(view.text):
        return
    latin = unmixed(view.text, frozenset(view.text))
    mixed = (m for m in _WORD.finditer(view.text) if _is_mixed(m, latin))
    for span in spans(mixed):
        yield report.found(
            "exfiltration.homoglyph",
            view,
            span,
            severity="medium",
            score=0.8,
            message="A word that mixes Latin letters with look-alikes.",
        )


def _is_mixed(match: re.Match[str], latin: str) -> bool:
    word = match.group()
    return (
        len(word) >= _SHORTEST_WORD
        and not word.isascii()
        and bool(_LOOK_ALIKE.search(word) and _LATIN.search(word))
        and latin[match.start() : match.end()].isascii()
    )
