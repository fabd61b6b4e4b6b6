"""Prompt injection and jailbreaks: a linear model over what a text says and how, and a few rules.

Each reading of the text (disguises taken off) is scored as a whole and passage by passage; the
worst decides. The rules name what kind of attack it is, and report by themselves only what
harmless texts do not have, such as the markers of a chat template. The model is a signal: on
sources it has not seen it misses much, above all requests that are attacks only by where they
stand. ``injection:0.2`` reports from that probability on, ``injection:FILE`` uses other weights.
"""

from __future__ import annotations

from pathlib import Path

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detectors.injection.detector import InjectionDetector
from llmops_magics.guard.detectors.injection.model import load, shipped

__all__ = ["InjectionDetector", "open_detector"]


def open_detector(argument: str) -> InjectionDetector:
    """Return the detector with the shipped weights, or as the argument says."""
    if not argument:
        return InjectionDetector(shipped())
    try:
        threshold = float(argument)
    except ValueError:
        return InjectionDetector(load(Path(argument)))
    if not 0 <= threshold <= 1:
        raise DetectorError(
            f"{argument!r} is no probability.", hint="A threshold is between 0 and 1."
        )
    return InjectionDetector(shipped(), threshold=threshold)
