"""Run detectors over labelled texts and count: what each finds, misses, flags wrongly and takes.

Speed is in texts a second of processor time, all threads together, loading not counted. A threshold
that was chosen on a file is right for that file: hold it against other sources.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias, runtime_checkable

from llmops_magics.errors import DetectorError
from llmops_magics.guard.bench.data import GROUPS, LabelledData
from llmops_magics.guard.bench.measure import (
    area,
    at_most,
    found_spans,
    right_spans,
    thinned,
    threshold_curve,
)
from llmops_magics.guard.bench.report import BenchResult, GroupResult, GuardBench, rate
from llmops_magics.guard.detector import BOUNDARIES, Boundary, Context, Detector
from llmops_magics.guard.finding import INCOMPLETE, Finding
from llmops_magics.guard.registry import detector
from llmops_magics.guard.scan import scan_texts
from llmops_magics.redaction import redact

Progress: TypeAlias = Callable[[str, int, int], None]
TARGET_FPR = 0.02
MAX_GROUPS = 60
TOGETHER = "any of them"
_BATCH = 64
# Detectors that report from a probability on, and how each is told to report every text.
_REPORTING_ALL = {"injection": "injection:0"}


@runtime_checkable
class ScoringDetector(Detector, Protocol):
    """A detector that tells how sure it is of every text, flagged or not."""

    def score_many(self, texts: Sequence[str]) -> Sequence[float]:
        """Return a score between 0 and 1 a text."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """What one detector said of every text."""

    version: str
    found: tuple[tuple[Finding, ...], ...]
    cpu_s: float


def bench(
    data: LabelledData,
    specs: Sequence[str],
    *,
    target_fpr: float = TARGET_FPR,
    kind: str = "",
    on_progress: Progress | None = None,
) -> GuardBench:
    """Measure detectors; with several there is a last row for all of them together.

    ``kind`` counts findings of that kind alone, and no thresholds: a score is of all kinds.
    ``on_progress`` gets the detector, texts done and all of them.
    """
    results, looks = [], []
    for spec in dict.fromkeys(specs):
        try:
            looked = _look(data, spec, kind, on_progress)
        except DetectorError as error:
            results.append(BenchResult(detector=spec, error=redact(str(error))))
            continue
        looks.append(looked)
        result = _result(data, spec, looked)
        results.append(result if kind else _scored(data, spec, result, target_fpr))
    if len(looks) > 1:
        results.append(_result(data, TOGETHER, _together(looks)))
    return GuardBench(
        data=data.name,
        data_digest=data.digest,
        unit="span" if data.has_spans else "text",
        texts=len(data.rows),
        positives=data.positives,
        spans=sum(len(row.spans) for row in data.rows),
        characters=sum(len(row.text) for row in data.rows),
        target_fpr=target_fpr,
        results=tuple(results),
    )


def _look(data: LabelledData, spec: str, kind: str, on_progress: Progress | None) -> _Looked:
    opened = detector(spec)
    context = Context(boundary=_boundary(opened))
    texts = [row.text for row in data.rows]
    scan_texts(texts[:1], [spec], context)  # what is loaded late is loaded now
    found: list[tuple[Finding, ...]] = []
    began = time.process_time()
    for at in range(0, len(texts), _BATCH):
        if on_progress:
            on_progress(spec, at, len(texts))
        for scan in scan_texts(texts[at : at + _BATCH], [spec], context):
            if scan.errors:
                raise DetectorError(scan.errors[0].error)
            found.append(tuple(f for f in scan.findings if _counts(f, kind)))
    return _Looked(version=opened.version, found=tuple(found), cpu_s=time.process_time() - began)


def _counts(finding: Finding, kind: str) -> bool:
    return finding.kind != INCOMPLETE and (not kind or finding.matches(kind))


def _together(looks: Sequence[_Looked]) -> _Looked:
    found = zip(*(looked.found for looked in looks), strict=True)
    return _Looked(
        version="",
        found=tuple(tuple(f for findings in each for f in findings) for each in found),
        cpu_s=sum(looked.cpu_s for looked in looks),
    )


def _result(data: LabelledData, spec: str, looked: _Looked) -> BenchResult:
    flags = [bool(findings) for findings in looked.found]
    pairs = list(zip(flags, data.rows, strict=True))
    false = sum(flag and not row.is_positive for flag, row in pairs)
    harmless = len(data.rows) - data.positives
    if data.has_spans:
        right, predicted, hit, gold = _span_counts(data, looked)
    else:
        hit = right = sum(flag and row.is_positive for flag, row in pairs)
        predicted, gold = sum(flags), data.positives
    return BenchResult(
        detector=spec,
        version=looked.version,
        precision=rate(right, predicted),
        recall=rate(hit, gold),
        fpr=rate(false, harmless),
        f1=_f1(right, predicted, hit, gold),
        texts_per_cpu_s=len(data.rows) / looked.cpu_s if looked.cpu_s > 0 else None,
        groups=_kinds(data, looked) if data.has_spans else _groups(data, flags),
    )


def _f1(right: int, predicted: int, hit: int, gold: int) -> float | None:
    """Return the harmonic mean of precision and recall; None where one of them is not known."""
    if not predicted or not gold:
        return None
    precision, recall = right / predicted, hit / gold
    return 2 * precision * recall / (precision + recall) if right and hit else 0.0


def _span_counts(data: LabelledData, looked: _Looked) -> tuple[int, int, int, int]:
    right = predicted = hit = gold = 0
    for row, findings in zip(data.rows, looked.found, strict=True):
        spans = sorted({(f.start, f.end) for f in findings})
        right += right_spans(row.spans, spans)
        predicted += len(spans)
        hit += found_spans(row.spans, spans)
        gold += len(row.spans)
    return right, predicted, hit, gold


def _kinds(data: LabelledData, looked: _Looked) -> tuple[GroupResult, ...]:
    """Return what was found of each kind of gold span."""
    counts: dict[str, list[int]] = {}
    for row, findings in zip(data.rows, looked.found, strict=True):
        spans = [(f.start, f.end) for f in findings]
        for gold in row.spans:
            count = counts.setdefault(gold.kind, [0, 0])
            count[0] += found_spans([gold], spans)
            count[1] += 1
    ranked = sorted(counts.items(), key=lambda item: -item[1][1])[:MAX_GROUPS]
    return tuple(
        GroupResult(column="type", name=kind, recall=rate(hit, n), fpr=rate(0, 0))
        for kind, (hit, n) in ranked
    )


def _groups(data: LabelledData, flags: Sequence[bool]) -> tuple[GroupResult, ...]:
    """Return what was found and flagged in each group, the largest first."""
    counts: dict[tuple[str, str], list[int]] = {}
    for row, flag in zip(data.rows, flags, strict=True):
        for column in GROUPS[:2]:
            if column in row.groups:
                count = counts.setdefault((column, row.groups[column]), [0, 0, 0, 0])
                count[0 if row.is_positive else 2] += flag
                count[1 if row.is_positive else 3] += 1
    ranked = sorted(counts.items(), key=lambda item: (item[0][0], -item[1][1] - item[1][3]))
    return tuple(
        GroupResult(column=column, name=name, recall=rate(hit, n), fpr=rate(false, harmless))
        for (column, name), (hit, n, false, harmless) in ranked[:MAX_GROUPS]
    )


def _scored(data: LabelledData, spec: str, result: BenchResult, target_fpr: float) -> BenchResult:
    """Add what other thresholds would give, for a detector that scores every text."""
    scores = None if data.has_spans else _scores([row.text for row in data.rows], spec)
    if scores is None:
        return result
    labels = [row.is_positive for row in data.rows]
    curve = threshold_curve(scores, labels)
    return replace(
        result,
        auc=area(scores, labels),
        curve=thinned(curve),
        at_target=at_most(curve, target_fpr),
    )


def _scores(texts: Sequence[str], spec: str) -> list[float] | None:
    """Return a score a text, None for a detector that has none of what it does not flag."""
    opened = detector(spec)
    if isinstance(opened, ScoringDetector):
        return [float(score) for score in opened.score_many(texts)]
    if spec not in _REPORTING_ALL:
        return None
    all_of_them = detector(_REPORTING_ALL[spec])
    context = Context(boundary=_boundary(all_of_them))
    found = ([f for f in all_of_them.scan(t, context) if f.kind != INCOMPLETE] for t in texts)
    return [max((finding.score for finding in each), default=0.0) for each in found]


def _boundary(opened: Detector) -> Boundary:
    return next((each for each in BOUNDARIES if each in opened.boundaries), "input")
