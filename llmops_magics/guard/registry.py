"""Detectors by their spec, ``NAME`` or ``NAME:ARGUMENT``: the package's and installed ones.

An entry point of the group ``llmops_magics.detectors`` is a function that is called with the
argument and returns a ``Detector``. A detector is made when it is first asked for, once a process.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import Detector

GROUP: Final = "llmops_magics.detectors"
# Where each detector's ``open_detector(argument)`` is: nothing is imported before it is asked for.
_HOME: Final = {
    "injection": "llmops_magics.guard.detectors.injection",
    "indirect": "llmops_magics.guard.detectors.indirect",
    "classifier": "llmops_magics.guard.detectors.classifier",
    "pii": "llmops_magics.guard.detectors.pii",
    "pii-model": "llmops_magics.guard.detectors.pii_model",
    "secrets": "llmops_magics.guard.detectors.secret",
    "canary": "llmops_magics.guard.detectors.canary",
    "leakage": "llmops_magics.guard.detectors.leakage",
    "exfiltration": "llmops_magics.guard.detectors.exfiltration",
    "output": "llmops_magics.guard.detectors.output",
    "toxicity": "llmops_magics.guard.detectors.toxicity",
}
# Those that need no extra and no argument, in the order in which a scan runs them.
DEFAULT: Final = (
    "injection",
    "indirect",
    "pii",
    "secrets",
    "canary",
    "leakage",
    "exfiltration",
    "output",
    "toxicity",
)


def detector(spec: str) -> Detector:
    """Return the detector of a spec, such as ``injection`` or ``classifier:models/piguard``.

    Raises ``DetectorError`` for a spec that names none, and for one that cannot be loaded: a
    detector that is not there must never look like one that found nothing.
    """
    return _opened(spec.strip())


def detector_names() -> tuple[str, ...]:
    """Return the names there are, sorted; nothing is imported."""
    return tuple(sorted({*_HOME, *(entry.name for entry in entry_points(group=GROUP))}))


@lru_cache(maxsize=64)
def _opened(spec: str) -> Detector:
    name, _, argument = spec.partition(":")
    try:
        return _opener(name)(argument)
    except DetectorError:
        raise
    except Exception as error:  # a third party's detector may fail with anything
        raise DetectorError(
            f"the detector {spec!r} cannot be loaded: {type(error).__name__}: {error}.",
            hint="A check with a detector that is not there counts as failed.",
        ) from error


def _opener(name: str) -> Callable[[str], Detector]:
    if name in _HOME:
        opener: Callable[[str], Detector] = import_module(_HOME[name]).open_detector
        return opener
    for entry in entry_points(group=GROUP, name=name):
        loaded: Callable[[str], Detector] = entry.load()
        return loaded
    close = get_close_matches(name, detector_names(), n=1)
    meant = f"Did you mean {close[0]!r}? " if close else ""
    raise DetectorError(
        f"there is no detector {name!r}.",
        hint=f"{meant}There are: {', '.join(detector_names())}.",
    )
