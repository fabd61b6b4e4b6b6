"""Evidence before what is missing, who waits for whom, and broken glass in red."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
import pytest
from approval_records import approval, gate, readiness, waiting

from llmops_magics import views
from llmops_magics.record import VIEWS
from llmops_magics.release.approval.record import ApprovalList, Requirement
from llmops_magics.views.approval import age
from llmops_magics.views.style import RED, tint

__all__ = ["views"]


def html(record):
    return VIEWS[record.kind].html(record)


def test_the_evidence_stands_before_what_is_asked_for():
    shown = html(readiness(dossiers=(gate(gate="release_gate"),)))
    assert shown.index("Rules of release_gate") < shown.index("asks for") < shown.index("said")
    for words in ("0.83 to 0.99", "c12", "$0.04", "2 of 3 live runs passed"):
        assert words in shown


def test_what_is_missing_comes_first_among_what_is_asked_for():
    asked = (
        Requirement(name="gate a", met=True, said="PASS of today."),
        Requirement(name="approvals", met=False, said="0 of 2."),
    )
    shown = html(readiness(requirements=asked))
    assert shown.index("0 of 2.") < shown.index("PASS of today.")
    assert "1 thing missing" in shown


def test_the_text_says_the_same():
    text = VIEWS["readiness"].text(readiness(ready=False, environment="production"))
    assert text.startswith("NOT READY: support/answer@7 to production")
    assert "  ✗ approvals: support/answer@7" in text
    assert "PASS  contains >= 0.6" in text


@pytest.mark.parametrize("form", ["html", "text"])
def test_broken_glass_is_loud(form):
    glass = approval("dave", decision="break-glass", state="needs review")
    shown = getattr(VIEWS["readiness"], form)(replace(readiness(), broken_glass=glass))
    assert "GLASS" in shown
    assert "dave" in shown
    if form == "html":
        assert tint(RED, 0.9) in shown


def test_a_reviewed_one_is_no_more_red():
    glass = approval("dave", decision="break-glass", state="reviewed")
    assert tint(RED, 0.9) not in html(glass)


def test_the_list_says_what_waits_for_whom_and_how_long():
    found = ApprovalList(
        waiting=(
            waiting("bob", prompt="support/answer", environment="production", may=("carol",)),
            waiting("dave", what="review after", have=0, need=1),
        ),
        at="2026-11-03T16:48:20.000000Z",
    )
    text = VIEWS["approval-list"].text(found)
    assert "waits for 1 approval: support/answer@7 to production · 1 of 2 · 2 days" in text
    assert "who may: carol (not bob)" in text
    assert "GLASS BROKEN, needs review after" in text
    assert tint(RED, 0.2) in html(found)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "less than a minute"), (61, "1 minute"), (7199, "119 minutes"), (7200, "2 hours"),
        (86_400, "24 hours"), (2e5, "2 days"),
    ],
)  # fmt: skip
def test_an_age(seconds, words):
    assert age(seconds) == words


def test_what_is_sensitive_is_masked():
    shown = html(approval(reason="Ask ann@example.org."))
    assert "example.org" not in shown
