"""The comment on a pull request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmops_magics.release.gate.ci.comment import MARK, MAX_CHARACTERS, Reported, to_comment
from llmops_magics.release.gate.decision import decide
from llmops_magics.release.gate.result import GateResult


@pytest.fixture
def reported(run_of):
    decision = decide(run_of(), ["contains >= 0.6", "errors == 0"])
    result = GateResult(
        gate_id="g-1",
        notebook="gold.ipynb",
        verdict=decision.verdict,
        exit_code=0,
        problems=(),
        decision=decision,
        parameters={"note": "<b>@ann</b> | x"},
        digests={},
        packages={},
        git_commit="",
        started_at="2026-11-24T00:00:00.000000Z",
        finished_at="2026-11-24T00:00:01.000000Z",
        duration_s=1.0,
    )
    return Reported(result=result, note="No earlier run of gold has passed support/answer.")


def test_verdict_first_then_what_changed_then_everything(reported):
    text = to_comment([reported])
    assert text.startswith(MARK)
    assert "| ✅ | gold.ipynb | **PASS** | 2 of 2 rules met |" in text
    assert text.index("**PASS**") < text.index("No earlier run") < text.index("<details>")


def test_what_is_open_is_named(reported, run_of):
    decision = decide(run_of(), ["contains >= 0.999"])
    failed = replace(reported.result, decision=decision, verdict=decision.verdict)
    row = to_comment([Reported(result=failed)]).splitlines()[5]
    assert row.startswith("| ❌ | gold.ipynb | **FAIL** | contains \\>= 0.999\\: 0.95")


def test_a_gate_without_a_result_stands_in_the_table(reported):
    text = to_comment([reported], problems=["cost_gate: disk | full"])
    assert "| ⚠️ | | COULD NOT RUN | cost\\_gate\\: disk \\| full |" in text


def test_what_does_not_fit_is_left_out_and_said(reported):
    text = to_comment([reported] * 400)
    assert len(text) <= MAX_CHARACTERS
    assert text.endswith("it is in the dossiers._\n")
