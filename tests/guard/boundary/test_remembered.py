from __future__ import annotations

from llmops_magics.guard.boundary import remembered
from llmops_magics.guard.boundary.remembered import RememberedScans
from llmops_magics.guard.detector import Context

INPUT = Context(boundary="input")


def test_a_text_is_scanned_once_a_context():
    scans = RememberedScans(["pii"])
    first, same, other = scans.scan(["ann@example.com", "ann@example.com", "clean"], INPUT)
    assert first is same
    assert (len(first.findings), len(other.findings)) == (1, 0)
    assert scans.scan(["ann@example.com"], INPUT)[0] is first
    assert scans.knows("clean", INPUT)
    assert not scans.knows("clean", Context(boundary="output"))


def test_what_failed_is_tried_again():
    scans = RememberedScans(["gone"])
    assert scans.scan(["x"], INPUT)[0].errors
    assert not scans.knows("x", INPUT)


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(remembered, "MOST_TEXTS", 2)
    scans = RememberedScans(["pii"])
    scans.scan(["a", "b", "c"], INPUT)
    assert [scans.knows(each, INPUT) for each in "abc"] == [False, True, True]
    monkeypatch.setattr(remembered, "MOST_CHARACTERS", 3)
    scans.scan(["ddd"], INPUT)
    assert [scans.knows(each, INPUT) for each in ("c", "ddd")] == [False, True]
