from __future__ import annotations

from prompt_records import change_test

from llmops_magics.release.gate.result import Verdict
from llmops_magics.views.change_test import change_test_html, change_test_text


def test_the_verdict_comes_first_and_is_a_word():
    html = change_test_html(change_test())
    assert html.index("✗ FAIL") < html.index("0 of 1 test passed") < html.index("<table")
    assert "1 of 1 test passed" in change_test_html(change_test(verdict=Verdict.PASS))


def test_each_rule_has_what_was_observed_and_why():
    assert "FAIL  contains >= 0.9 plain · observed 0.8 · plain" in change_test_text(change_test())
    assert "0.7 to 0.9" in change_test_html(change_test())


def test_a_stored_run_is_said_to_be_one():
    assert "stored run plain" in change_test_html(change_test())
