"""``%llm_calibrate`` in a real shell."""

from __future__ import annotations

import json

import pytest

from llmops_magics.magics.calibrate import CalibrateMagics
from llmops_magics.testing import Reply


@pytest.fixture
def calibrate(shell, endpoint):
    """A shell with labels in a variable, and a judge that finds every claim unsupported."""
    verdict = {"unsupported": ["It."], "faithful": False}
    endpoint(lambda _: Reply(json.dumps(verdict)))
    shell.ip.register_magics(CalibrateMagics)
    rows = [
        {"id": str(i), "q": "?", "context": "C", "output": f"A{i}", "human": i % 2 == 0}
        for i in range(8)
    ]
    shell.ip.push({"labels": rows})
    return shell


def test_a_judge_by_name_and_labels_in_a_variable(calibrate):
    report = calibrate.ok("%llm_calibrate faithfulness --labels labels --repeats 2").value
    assert (report.judged, report.dataset, report.label) == (8, "labels@1", "human")
    assert "The judge always says no." in report.decision.reasons
    assert report.consistency.flipped.value == 0
    bundle = report._repr_mimebundle_()
    assert "licence refused" in bundle["text/plain"]
    assert "application/vnd.llmops.calibration.v1+json" in bundle


def test_a_function_of_the_notebook_and_easier_terms(calibrate):
    calibrate.ok("def even(output): return int(output[1:]) % 2 == 0")
    report = calibrate.ok("%llm_calibrate even --labels labels --min-labels 8").value
    assert report.agreement.kappa.value == 1.0
    assert report.decision.requirements.min_labels == 8
    assert report.identity["model"] == ""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("faithfulness", "--labels"),
        ("--labels labels", "judge"),
        ("nobody --labels labels", "no scorer 'nobody'"),
        ("faithfulness --labels labels --label verdict", "No case has a label in 'verdict'"),
        ("faithfulness --labels labels --repeats 0", "--repeats is 1 or more"),
        ("pairwise --labels labels", "'0' has no answer of a baseline"),
        ("faithfulness --labels nowhere.csv", "nowhere.csv"),
    ],
)
def test_a_bad_line_is_one_red_line(calibrate, line, said):
    assert said in calibrate.refused(f"%llm_calibrate {line}")
