"""Run detectors over texts: what each found, how long it took, and which could not look.

A detector that cannot be loaded or fails is part of the result, never left out: whoever decides
(a policy, a gate) treats it as a failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import BatchDetector, Context, Detector
from llmops_magics.guard.finding import SEVERITIES, Finding, in_order
from llmops_magics.guard.registry import detector


@dataclass(frozen=True, kw_only=True)
class DetectorRun:
    """One detector's part of a scan; ``error`` says why it could not look, "" if it could."""

    detector: str
    version: str
    elapsed_ms: float
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class TextScan:
    """What was found in one text, by place; ``runs`` has every detector that was asked for."""

    findings: tuple[Finding, ...]
    runs: tuple[DetectorRun, ...]

    @property
    def errors(self) -> tuple[DetectorRun, ...]:
        """The detectors that could not look."""
        return tuple(run for run in self.runs if run.error)


def scan_text(text: str, specs: Sequence[str], context: Context) -> TextScan:
    """Scan one text with the detectors of these specs that look at its boundary."""
    return scan_texts([text], specs, context)[0]


def scan_texts(
    texts: Sequence[str],
    specs: Sequence[str],
    context: Context,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> list[TextScan]:
    """Scan texts; ``on_progress`` gets a detector's spec, how many are done and how many are."""
    found: list[list[Finding]] = [[] for _ in texts]
    runs = []
    for number, spec in enumerate(specs):
        if on_progress:
            on_progress(spec, number, len(specs))
        run, findings = _run(spec, texts, context)
        if run:
            runs.append(run)
        for place, more in zip(found, findings, strict=False):  # none of one that could not look
            place.extend(more)
    return [TextScan(findings=in_order(each), runs=tuple(runs)) for each in found]


def _run(
    spec: str, texts: Sequence[str], context: Context
) -> tuple[DetectorRun | None, Sequence[Sequence[Finding]]]:
    """Return one detector's findings a text; no run if it does not look at this boundary."""
    began = time.perf_counter()
    version = ""
    try:
        opened = detector(spec)
        if context.boundary not in opened.boundaries:
            return None, ()
        version = opened.version
        found = _scan_all(opened, texts, context)
    except DetectorError as error:
        return DetectorRun(
            detector=spec, version=version, elapsed_ms=_since(began), error=str(error)
        ), ()
    return DetectorRun(detector=spec, version=version, elapsed_ms=_since(began)), found


def _scan_all(
    opened: Detector, texts: Sequence[str], context: Context
) -> Sequence[Sequence[Finding]]:
    try:
        if isinstance(opened, BatchDetector):
            found = [tuple(each) for each in opened.scan_many(texts, context)]
        else:
            found = [tuple(opened.scan(text, context)) for text in texts]
    except DetectorError:
        raise
    except Exception as error:  # a third party's detector may fail with anything
        # Its words may repeat the text, and are kept: they stay with the cause.
        raise DetectorError(
            f"the detector {opened.name!r} failed: {type(error).__name__}."
        ) from error
    if len(found) != len(texts) or not all(_is_finding(each) for many in found for each in many):
        raise DetectorError(f"the detector {opened.name!r} did not say what is in each text.")
    return found


def _is_finding(said: object) -> bool:
    """Tell whether somebody else's detector returned a finding that can be decided about."""
    if not isinstance(said, Finding):
        return False
    places = isinstance(said.start, int) and isinstance(said.end, int)
    return places and isinstance(said.kind, str) and said.severity in SEVERITIES


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
