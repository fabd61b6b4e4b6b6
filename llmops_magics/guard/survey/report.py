"""The record of a scan: what was found and where, which detectors looked, and which could not.

It may be shown, stored and sent to others: every excerpt in it is masked, so no secret and no
personal data that any detector found is in it. Counts are of all findings, lists are bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from llmops_magics.guard.finding import SEVERITIES, Severity
from llmops_magics.guard.survey.piece import Unread
from llmops_magics.record import Record

if TYPE_CHECKING:
    import pandas as pd

Outcome: TypeAlias = Literal["clean", "findings", "failed"]


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One finding in its place: lines and columns count from 1, ``end_column`` is behind the last.

    ``excerpt`` is what was found, ``before`` and ``after`` what stands around it, all masked.
    ``fingerprint`` stays the same while other lines of the file change.
    """

    kind: str
    severity: Severity
    score: float
    detector: str
    version: str
    message: str
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int
    before: str
    excerpt: str
    after: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class ScannedSource:
    """One text in which something was found; ``count`` is of all findings in it."""

    name: str
    file: str
    has_lines: bool
    boundary: str
    characters: int
    count: int
    findings: tuple[Sighting, ...]


@dataclass(frozen=True, kw_only=True)
class DetectorUse:
    """One detector over the whole scan; ``error`` says why it could not look, "" if it could."""

    detector: str
    version: str
    elapsed_ms: float
    findings: int
    texts: int
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class ScanReport(Record):
    """What a scan found, the worst first.

    ``sources`` are those with findings; ``source_count`` and ``characters`` are of all that were
    read. ``idle`` are detectors that have nothing to say at the boundaries of these texts.
    """

    kind: ClassVar[str] = "scan-report"

    target: str
    target_kind: str
    source_count: int
    characters: int
    detectors: tuple[DetectorUse, ...]
    idle: tuple[str, ...]
    sources: tuple[ScannedSource, ...]
    unread: tuple[Unread, ...]
    finding_count: int
    by_kind: dict[str, int]
    by_severity: dict[str, int]
    started_at: str
    elapsed_ms: float

    @property
    def errors(self) -> tuple[DetectorUse, ...]:
        """The detectors that could not look."""
        return tuple(use for use in self.detectors if use.error)

    @property
    def outcome(self) -> Outcome:
        """``failed`` if something was not looked at, else whether anything was found."""
        if self.errors or any(each.is_failure for each in self.unread):
            return "failed"
        return "findings" if self.finding_count else "clean"

    def count_at_least(self, severity: Severity) -> int:
        """Return how many findings are as bad as this, or worse."""
        worse = SEVERITIES[SEVERITIES.index(severity) :]
        return sum(self.by_severity.get(each, 0) for each in worse)

    def to_pandas(self) -> pd.DataFrame:
        """Return a row a finding, of those that the record lists."""
        import pandas as pd

        columns = ("kind", "severity", "score", "detector", "line", "column", "excerpt", "message")
        rows = [
            {"source": source.name, "file": source.file}
            | {name: getattr(finding, name) for name in columns}
            for source in self.sources
            for finding in source.findings
        ]
        return pd.DataFrame(rows, columns=["source", "file", *columns])
