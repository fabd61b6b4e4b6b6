"""Scan many texts, each at the boundary it crosses, and report on all of them as one.

A detector that is asked for by name looks at every text, at a boundary of its own where it has
nothing to say at the text's; the usual ones look only where they belong.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import BOUNDARIES, Boundary, Context
from llmops_magics.guard.finding import SEVERITIES, Finding
from llmops_magics.guard.registry import detector
from llmops_magics.guard.scan import DetectorRun, scan_texts
from llmops_magics.guard.survey.excerpt import sightings
from llmops_magics.guard.survey.piece import Piece, Unread
from llmops_magics.guard.survey.report import DetectorUse, ScannedSource, ScanReport
from llmops_magics.record import format_time, utc_now
from llmops_magics.redaction import redact

Progress: TypeAlias = Callable[[str, int, int], None]
MAX_SIGHTINGS = 5_000
MAX_OF_SOURCE = 200
MAX_UNREAD = 1_000
_BATCH_TEXTS, _BATCH_CHARACTERS = 128, 1_000_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Which detectors look, and what they are told.

    ``is_explicit`` says that they were asked for by name. ``boundary`` is held for that of every
    text; "" leaves each text its own.
    """

    specs: tuple[str, ...]
    is_explicit: bool = False
    boundary: Boundary | None = None
    context: Context = field(default_factory=Context)


def survey(
    pieces: Sequence[Piece],
    plan: Plan,
    *,
    target: str,
    target_kind: str,
    unread: Sequence[Unread] = (),
    on_progress: Progress | None = None,
) -> ScanReport:
    """Scan texts and return the report; ``on_progress`` gets texts done, and all of them."""
    started, began = utc_now(), time.perf_counter()
    tally = _Tally(plan)
    for done, batch in _batches(pieces):
        if on_progress:
            on_progress("scan", done, len(pieces))
        tally.scan(batch)
    return ScanReport(
        target=redact(target),
        target_kind=target_kind,
        source_count=len(pieces),
        characters=sum(len(piece.text) for piece in pieces),
        detectors=tally.uses(),
        idle=tuple(spec for spec in plan.specs if spec not in tally.runs),
        sources=_listed(tally.found),
        unread=tuple(unread[:MAX_UNREAD]),
        finding_count=tally.kinds.total(),
        by_kind=dict(tally.kinds.most_common()),
        by_severity={each: tally.severities[each] for each in reversed(SEVERITIES)},
        started_at=format_time(started),
        elapsed_ms=round((time.perf_counter() - began) * 1000, 1),
    )


class _Tally:
    """What the batches of a scan add up to."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.runs: dict[str, DetectorUse] = {}
        self.found: list[tuple[Piece, tuple[Finding, ...]]] = []
        self.kinds: Counter[str] = Counter()
        self.severities: Counter[str] = Counter()

    def scan(self, batch: Sequence[Piece]) -> None:
        """Scan a batch, one boundary after the other."""
        found: list[list[Finding]] = [[] for _ in batch]
        wanted = [self._plan.boundary or piece.boundary for piece in batch]
        for boundary in dict.fromkeys(wanted):
            places = [n for n, each in enumerate(wanted) if each == boundary]
            for at, specs in self._by_boundary(boundary).items():
                self._scan_at(at, specs, batch, places, found)
        for piece, findings in zip(batch, found, strict=True):
            if findings:
                self.found.append((piece, tuple(sorted(findings, key=_by_severity))))
                self.kinds.update(each.kind for each in findings)
                self.severities.update(each.severity for each in findings)

    def _scan_at(
        self,
        boundary: Boundary,
        specs: Sequence[str],
        batch: Sequence[Piece],
        places: Sequence[int],
        found: list[list[Finding]],
    ) -> None:
        context = replace(self._plan.context, boundary=boundary)
        for spec in specs:
            scans = scan_texts([batch[n].text for n in places], [spec], context)
            for place, scan in zip(places, scans, strict=True):
                found[place].extend(scan.findings)
            count = sum(len(scan.findings) for scan in scans)
            for run in scans[0].runs:
                self._note(spec, run, count, len(places))

    def _note(self, spec: str, run: DetectorRun, findings: int, texts: int) -> None:
        known = self.runs.get(spec)
        self.runs[spec] = DetectorUse(
            detector=spec,
            version=run.version or (known.version if known else ""),
            elapsed_ms=round(run.elapsed_ms + (known.elapsed_ms if known else 0.0), 1),
            findings=findings + (known.findings if known else 0),
            texts=texts + (known.texts if known else 0),
            error=(known.error if known else "") or redact(run.error),
        )

    def _by_boundary(self, boundary: Boundary) -> dict[Boundary, list[str]]:
        """Return which detectors are run, by the boundary that they are told."""
        chosen: dict[Boundary, list[str]] = {}
        for spec in self._plan.specs:
            chosen.setdefault(self._told(spec, boundary), []).append(spec)
        return chosen

    def _told(self, spec: str, boundary: Boundary) -> Boundary:
        if not self._plan.is_explicit:
            return boundary
        try:
            own = detector(spec).boundaries
        except DetectorError:  # the scan says so
            return boundary
        return boundary if boundary in own else next(b for b in (*BOUNDARIES, boundary) if b in own)

    def uses(self) -> tuple[DetectorUse, ...]:
        """Return the detectors that looked or failed, in the order they were asked for."""
        return tuple(self.runs[spec] for spec in self._plan.specs if spec in self.runs)


def _batches(pieces: Sequence[Piece]) -> Iterator[tuple[int, list[Piece]]]:
    """Yield how many texts came before, and the next ones."""
    batch: list[Piece] = []
    size = done = 0
    for number, piece in enumerate(pieces):
        if batch and (len(batch) >= _BATCH_TEXTS or size + len(piece.text) > _BATCH_CHARACTERS):
            yield done, batch
            batch, size, done = [], 0, number
        batch.append(piece)
        size += len(piece.text)
    if batch:
        yield done, batch


def _listed(found: Sequence[tuple[Piece, tuple[Finding, ...]]]) -> tuple[ScannedSource, ...]:
    """Return the texts with findings, the worst first, until the record is full."""
    sources, room = [], MAX_SIGHTINGS
    for piece, findings in sorted(found, key=lambda each: _by_severity(each[1][0])[0]):
        shown = findings[: min(room, MAX_OF_SOURCE)]
        if not shown:
            break
        room -= len(shown)
        sources.append(
            ScannedSource(
                name=redact(piece.name),
                file=piece.file,
                has_lines=piece.has_lines,
                boundary=piece.boundary,
                characters=len(piece.text),
                count=len(findings),
                findings=sightings(piece, shown, beside=findings),
            )
        )
    return tuple(sources)


def _by_severity(finding: Finding) -> tuple[int, int, int]:
    return (-SEVERITIES.index(finding.severity), finding.start, -finding.end)
