"""Records of the guard for the views' tests."""

from __future__ import annotations

from llmops_magics.guard.bench.report import BenchResult, CurvePoint, GroupResult, GuardBench, rate
from llmops_magics.guard.boundary.decision_log import DecisionList, StoredDecision
from llmops_magics.guard.boundary.pending import PendingList, PendingQuestion
from llmops_magics.guard.catalogue import DetectorList, ListedDetector
from llmops_magics.guard.survey.piece import Unread
from llmops_magics.guard.survey.report import DetectorUse, ScannedSource, ScanReport, Sighting
from llmops_magics.guard.training.trained import TrainedWeights

AT = "2030-01-31T09:15:00.000000Z"


def sighting(t="plain", **changes):
    fields = {
        "kind": f"injection.override {t}",
        "severity": "high",
        "score": 0.87,
        "detector": f"injection {t}",
        "version": t,
        "message": f"it gives orders {t}",
        "start": 10,
        "end": 30,
        "line": 2,
        "column": 4,
        "end_line": 2,
        "end_column": 24,
        "before": f"before {t} ",
        "excerpt": f"ignore all rules {t}",
        "after": f" after {t}",
        "fingerprint": t,
    }
    return Sighting(**(fields | changes))


def source(t="plain", findings=None, **changes):
    findings = (sighting(t), sighting(t, severity="low")) if findings is None else findings
    fields = {
        "name": f"cell 3, source {t}",
        "file": t,
        "has_lines": False,
        "boundary": "output",
        "characters": 120,
        "count": len(findings),
        "findings": tuple(findings),
    }
    return ScannedSource(**(fields | changes))


def use(t="plain", **changes):
    fields = {"detector": t, "version": t, "elapsed_ms": 4.2, "findings": 2, "texts": 3}
    return DetectorUse(**(fields | changes))


def scan_report(t="plain", **changes):
    sources = changes.pop("sources", (source(t),))
    count = sum(each.count for each in sources)
    fields = {
        "target": t,
        "target_kind": t,
        "source_count": 3,
        "characters": 1_200,
        "detectors": (use(t), use(f"second {t}", error=f"gone {t}")),
        "idle": (t,),
        "sources": tuple(sources),
        "unread": (
            Unread(name=t, reason=t),
            Unread(name=t, reason=f"binary {t}", is_failure=False),
        ),
        "finding_count": count,
        "by_kind": {f"injection.override {t}": count},
        "by_severity": {"critical": 0, "high": 1, "medium": 0, "low": 1},
        "started_at": AT,
        "elapsed_ms": 41.0,
    }
    return ScanReport(**(fields | changes))


def detector_list(t="plain"):
    return DetectorList(
        detectors=(
            ListedDetector(name=f"a {t}", version=t, boundaries=(t, "output"), is_used=True),
            ListedDetector(name=t, version=t, boundaries=(), is_used=True, error=f"gone {t}"),
            ListedDetector(name=t, version=t, boundaries=(), is_used=False, error=t),
        )
    )


def bench_result(t="plain", **changes):
    curve = tuple(
        CurvePoint(threshold=1 - n / 20, recall=min(1.0, 0.3 + n / 20), fpr=n / 100, precision=0.9)
        for n in range(20)
    )
    fields = {
        "detector": f"injection {t}",
        "version": t,
        "precision": rate(60, 64),
        "recall": rate(60, 100),
        "fpr": rate(4, 200),
        "f1": 0.73,
        "texts_per_cpu_s": 812.0,
        "auc": 0.93,
        "curve": curve,
        "at_target": curve[2],
        "groups": (
            GroupResult(column="source", name=t, recall=rate(1, 2), fpr=rate(0, 0)),
            GroupResult(column="source", name="b", recall=rate(0, 0), fpr=rate(1, 9)),
        ),
    }
    return BenchResult(**(fields | changes))


def guard_bench(t="plain", **changes):
    fields = {
        "data": t,
        "data_digest": t,
        "unit": "text",
        "texts": 300,
        "positives": 100,
        "spans": 0,
        "characters": 30_000,
        "target_fpr": 0.02,
        "results": (bench_result(t), BenchResult(detector=t, error=f"gone {t}")),
    }
    return GuardBench(**(fields | changes))


def question(t="plain", **changes):
    fields = {
        "id": t,
        "at": AT,
        "expires_at": AT,
        "boundary": "tool_call",
        "subject": f"tool {t}",
        "reason": f"untrusted text came in {t}",
        "shown": f"arguments {t}",
        "environment": t,
        "actor": t,
    }
    return PendingQuestion(**(fields | changes))


def pending(t="plain"):
    answered = question(t, state="deny", answered_by=t, answered_at=AT, note=t)
    return PendingList(questions=(question(t), answered))


def decisions(t="plain", **changes):
    fields = {
        "id": 1,
        "at": AT,
        "boundary": "output",
        "action": "block",
        "subject": t,
        "policies": (t,),
        "findings": ({"kind": f"pii.email {t}"},),
        "detectors": ({"detector": t, "error": t},),
        "excerpt": f"text {t}",
        "characters": 12,
        "prompt": t,
        "environment": t,
        "actor": t,
        "trace_id": t,
        "span_id": t,
        "pending_id": "",
    }
    return DecisionList(decisions=(StoredDecision(**(fields | changes)),), total=1)


def trained(t="plain"):
    return TrainedWeights(
        path=f"{t}.npz",
        data=t,
        texts=100,
        attacks=40,
        seed=1,
        digest=t,
        threshold=0.42,
        target_fpr=0.015,
    )


def every_record(t):
    return [
        scan_report(t),
        detector_list(t),
        guard_bench(t),
        question(t),
        pending(t),
        decisions(t),
        trained(t),
    ]
