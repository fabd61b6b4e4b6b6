"""What is seen of decisions at the boundaries, and of questions for a person."""

from __future__ import annotations

import guard_records as records

import llmops_magics.views  # noqa: F401
from llmops_magics.guard.boundary.decision_log import DecisionList
from llmops_magics.record import VIEWS


def html(record):
    return VIEWS[record.kind].html(record)


def test_a_decision_says_what_was_found_and_by_which_policy():
    listed = records.decisions()
    assert "✗ block" in html(listed)
    assert "pii.email plain, plain could not look" in html(listed)
    assert "pii.email plain" in str(listed)
    assert "by plain" in html(listed)
    assert str(DecisionList()) == "0 decisions"


def test_what_was_decided_on_is_named_whole():
    subject = "search_flights, arguments.passenger"
    lines = str(records.decisions(subject=subject, boundary="tool_result")).splitlines()
    assert lines[-1].endswith(subject)
    assert max(map(len, lines)) <= 100


def test_a_question_says_who_asks_and_how_it_was_answered():
    text = str(records.pending())
    assert text.startswith("1 question for a person · 1 closed")
    assert "? waiting" in text
    assert "✗ denied" in text
    assert "answered by plain" in text
    assert text.count("%guard allow plain or %guard deny plain answers it") == 1  # what is waiting
    assert "%guard allow plain" in html(records.question())
    assert "arguments plain" in html(records.question())


def test_trained_weights_say_how_they_are_used():
    for shown in (html(records.trained()), str(records.trained())):
        assert "injection:plain.npz" in shown
        assert "reports from 0.42 on" in shown
