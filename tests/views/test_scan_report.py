"""What is seen of a scan and of the list of detectors."""

from __future__ import annotations

import guard_records as records
import pytest

import llmops_magics.views  # noqa: F401
from llmops_magics.guard.catalogue import DetectorList, ListedDetector
from llmops_magics.record import VIEWS


def html(record):
    return VIEWS[record.kind].html(record)


def test_what_could_not_look_comes_before_every_finding():
    page = html(records.scan_report())
    assert page.index("second plain could not look") < page.index("ignore all rules")
    assert page.index("not read: plain") < page.index("ignore all rules")
    assert "✗ not all was looked at" in page
    text = str(records.scan_report())
    assert text.index("could not look: gone plain") < text.index("⟦ignore all rules plain⟧")
    assert "passed over: plain (binary plain)" in text


def test_the_place_is_a_line_of_a_file_or_characters_of_a_text():
    lines = records.scan_report(sources=(records.source(has_lines=True),))
    assert "line 2, column 4" in str(lines)
    first = records.source(findings=[records.sighting(line=1)])
    assert "characters 10 to 30" in str(records.scan_report(sources=(first,)))


def test_severity_is_a_word_and_what_was_found_is_marked():
    page = html(records.scan_report())
    assert "! high" in page
    assert "· low" in page
    assert "ignore all rules plain</ins>" in page


def test_a_clean_scan_says_so():
    clean = records.scan_report(
        sources=(), detectors=(records.use(),), unread=(), by_kind={}, by_severity={}
    )
    assert str(clean).startswith("✓ nothing found: scan of plain\n")
    assert "<table" in html(clean)  # who looked


def test_what_held_no_text_is_not_called_clean():
    nothing = {"sources": (), "unread": (), "detectors": (), "by_kind": {}, "by_severity": {}}
    empty = records.scan_report(source_count=0, **nothing)
    assert str(empty).startswith("? nothing to scan: scan of plain\n")


def test_secrets_never_stand_in_it_even_if_the_record_held_one():
    key = "sk-ant-" + "x9" * 20
    report = records.scan_report(key)
    assert key not in html(report) + str(report)


def test_the_rest_is_counted():
    many = records.source(findings=[records.sighting() for _ in range(500)])
    report = records.scan_report(sources=(many,))
    assert "and 300 more findings in the record" in html(report)
    assert "and 300 more findings in the record" in str(report)


def test_a_detector_that_is_used_and_missing_is_said_first():
    listed = records.detector_list()
    assert "a scan with it fails" in html(listed)
    assert "✗ missing" in str(listed)
    whole = ListedDetector(name="pii", version="1", boundaries=("input",), is_used=False)
    assert "✓ loads" in str(DetectorList(detectors=(whole,)))


@pytest.mark.parametrize("severity", ["low", "medium", "high", "critical"])
def test_every_severity_has_a_mark_of_its_own(severity):
    source = records.source(findings=[records.sighting(severity=severity)])
    marks = {"low": "·", "medium": "▲", "high": "!", "critical": "‼"}
    assert f"{marks[severity]} {severity}" in str(records.scan_report(sources=(source,)))
