"""The detectors there are: which version, where they look, and whether they can be loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from llmops_magics.errors import DetectorError
from llmops_magics.guard.registry import detector, detector_names
from llmops_magics.record import Record

NEEDS_ARGUMENT = frozenset({"classifier"})


@dataclass(frozen=True, kw_only=True)
class ListedDetector:
    """One detector; ``error`` says why it cannot be loaded, "" if it can.

    ``is_used`` tells whether a scan runs it where nothing else is asked for.
    """

    name: str
    version: str
    boundaries: tuple[str, ...]
    is_used: bool
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class DetectorList(Record):
    """Every detector there is, those that a scan uses first."""

    kind: ClassVar[str] = "detector-list"

    detectors: tuple[ListedDetector, ...]

    @property
    def broken(self) -> tuple[ListedDetector, ...]:
        """Those that a scan uses and that cannot be loaded."""
        return tuple(each for each in self.detectors if each.is_used and each.error)


def list_detectors(used: Sequence[str]) -> DetectorList:
    """Load every detector and say how that went; ``used`` are the specs that a scan runs."""
    others = [name for name in detector_names() if name not in used]
    listed = (_listed(spec, is_used=spec in used) for spec in (*used, *others))
    return DetectorList(detectors=tuple(listed))


def _listed(spec: str, *, is_used: bool) -> ListedDetector:
    if spec in NEEDS_ARGUMENT:
        words = f"written {spec}:PATH, with the folder of a model"
        return ListedDetector(name=spec, version="", boundaries=(), is_used=is_used, error=words)
    try:
        found = detector(spec)
    except DetectorError as error:
        return ListedDetector(
            name=spec, version="", boundaries=(), is_used=is_used, error=str(error)
        )
    return ListedDetector(
        name=spec,
        version=found.version,
        boundaries=tuple(sorted(found.boundaries)),
        is_used=is_used,
    )
