from __future__ import annotations

import pytest
from view_records import gate_decision, gate_result

from llmops_magics.release.gate.result import Verdict
from llmops_magics.views.gate import gate_decision_html, gate_result_html, gate_result_text


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (Verdict.PASS, "2 of 2 rules met"),
        (Verdict.FAIL, "1 of 2 rules not met: mean(contains) &gt;= 0.8 plain"),
        (Verdict.INCONCLUSIVE, "1 of 2 rules undecided: mean(contains) &gt;= 0.8 plain"),
    ],
)
def test_the_verdict_is_a_word_with_a_reason(verdict, reason):
    html = gate_decision_html(gate_decision(verdict=verdict))
    assert f" {verdict}</div>" in html
    assert reason in html


def test_a_decision_names_what_failed_and_every_interval():
    html = gate_decision_html(gate_decision())
    assert "2 failing cases: " in html
    assert "0.6 to 0.79" in html


def test_a_gate_that_could_not_run_says_why():
    result = gate_result(verdict=None, decision=None, exit_code=4, problems=("kernel died",))
    assert "COULD NOT RUN" in gate_result_html(result)
    assert gate_result_text(result).startswith("COULD NOT RUN: kernel died")


def test_a_problem_stands_before_the_rules_even_with_a_decision():
    html = gate_result_html(gate_result())
    assert html.index("Problems") < html.index("Rules of this gate")
