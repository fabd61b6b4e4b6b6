"""Long encoded runs in an answer or in what a tool is called with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from llmops_magics.guard.detectors.report import Reporter
from llmops_magics.guard.disguise import TextView
from llmops_magics.guard.disguise.encodings import readable_run
from llmops_magics.guard.finding import Finding

KIND: Final = "exfiltration.base64"
_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{32,}(?:\r?\n[A-Za-z0-9+/_-]{16,})*={0,2}")
_LONG: Final = 256  # characters: more than any name, digest or signature of common use
_DATA_IMAGE: Final = re.compile(r"data:(?:image|font|audio)/[\w.+-]{1,40};base64,$")
_CLASSES: Final = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"))


def findings(view: TextView, report: Reporter) -> Iterator[Finding]:
    """Yield runs that decode to text, and long ones that decode to anything."""
    for match in _RUN.finditer(view.text):
        run = match.group()
        if readable_run(run) is not None:
            yield report.found(
                KIND,
                view,
                match.span(),
                severity="medium",
                score=0.8,
                message=f"{len(run)} characters that decode to text.",
            )
        elif len(run) >= _LONG and _is_mixed(run) and not _is_image(view.text, match.start()):
            yield report.found(
                KIND,
                view,
                match.span(),
                severity="low",
                score=0.4,
                message=f"{len(run)} characters of encoded data.",
            )


def _is_mixed(run: str) -> bool:
    """Tell encoded data, which has all kinds of characters, from a rule of dashes."""
    return all(kind.search(run) for kind in _CLASSES)


def _is_image(text: str, start: int) -> bool:
    return bool(_DATA_IMAGE.search(text[max(0, start - 80) : start]))
