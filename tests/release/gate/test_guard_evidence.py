from __future__ import annotations

from types import SimpleNamespace

from llmops_magics.guard.catalogue import DetectorList, ListedDetector
from llmops_magics.guard.detector import Context
from llmops_magics.guard.survey.piece import Piece
from llmops_magics.guard.survey.report import DetectorUse, ScanReport
from llmops_magics.guard.survey.survey import Plan, survey
from llmops_magics.release.gate.evidence import results_of
from llmops_magics.release.gate.guard_evidence import of_redteam


def listed(*errors):
    return DetectorList(
        detectors=tuple(
            ListedDetector(name=f"d{n}", version="1", boundaries=(), is_used=True, error=error)
            for n, error in enumerate(errors)
        )
    )


def scan(severities=None, *, error="", **changes):
    found = severities or {}
    use = DetectorUse(detector="pii", version="1", elapsed_ms=1.0, findings=0, texts=1, error=error)
    fields = {
        "target": "docs", "target_kind": "folder", "source_count": 3, "characters": 9,
        "detectors": (use,), "idle": (), "sources": (), "unread": (),
        "finding_count": sum(found.values()), "by_kind": {"pii.email": 1}, "by_severity": found,
        "started_at": "", "elapsed_ms": 1.0,
    }  # fmt: skip
    return ScanReport(**(fields | changes))


def verdict(evidence):
    (result,) = results_of([evidence])
    return result.verdict


def test_a_detector_that_cannot_be_loaded_fails():
    assert verdict(listed("", "")) == "PASS"
    assert verdict(listed("", "no weights")) == "FAIL"
    assert verdict(listed()) == "INCONCLUSIVE"


def test_a_scan_fails_at_what_is_high_and_at_what_could_not_be_looked_at():
    assert verdict(scan()) == "PASS"
    assert verdict(scan({"medium": 2})) == "PASS"
    assert verdict(scan({"high": 1})) == "FAIL"
    assert verdict(scan({"critical": 1})) == "FAIL"
    assert verdict(scan(error="no weights")) == "FAIL"
    assert verdict(scan(source_count=0)) == "INCONCLUSIVE"


def test_the_reason_names_what_fails_and_nothing_milder():
    text = Piece(name="a", text="mail ann@example.org of CANARY-4711", boundary="output")
    plan = Plan(specs=("pii", "canary"), context=Context(canaries=("CANARY-4711",)))
    (result,) = results_of([survey([text], plan, target="docs", target_kind="folder")])
    assert result.reason == "1 finding is high or critical: canary."


def test_a_family_that_was_not_tried_decides_nothing():
    tried = of_redteam(SimpleNamespace(left_out={}, families=(1, 2)))
    assert (tried.verdict, tried.n) == ("PASS", 2)
    left = of_redteam(SimpleNamespace(left_out={"prompt-leakage": "no canary"}, families=(1,)))
    assert left.verdict == "INCONCLUSIVE"
    assert "no canary" in left.reason
