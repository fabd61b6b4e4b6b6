"""``llmops calibrate``, as the command line runs it."""

from __future__ import annotations

import argparse
import json

import pytest

from llmops_magics.cli import calibrate
from llmops_magics.record import VIEWS, View
from llmops_magics.views.calibration import calibration_html, calibration_text


@pytest.fixture
def run_calibrate(folder, monkeypatch):
    """``run_calibrate(*words)`` parses and runs the command; returns the exit code."""
    monkeypatch.setitem(VIEWS, "calibration", View(html=calibration_html, text=calibration_text))
    context = "Refunds take five days. Shipping is free."
    answers = {1: "Refunds take five days.", 0: "Shipping take free five days is Refunds."}
    rows = [
        {"id": f"{label}-{i}", "context": context, "answer": answer, "label": label}
        for i in range(30)
        for label, answer in answers.items()
    ]
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    parser = argparse.ArgumentParser()
    calibrate.add_to(parser.add_subparsers())

    def run(*words):
        args = parser.parse_args(["calibrate", *words])
        return args.run(args)

    return run


def test_a_refused_licence_is_exit_code_1(run_calibrate, capsys):
    assert run_calibrate("length(max_words=9)", "--labels", "labels.jsonl") == 1
    said = capsys.readouterr().out
    assert "length: ✗ licence refused" in said
    assert "- The judge always says yes." in said


def test_a_granted_one_is_0_and_json_is_the_record(run_calibrate, capsys):
    """Every word stands in the context, so that overlap sees nothing; the length tells it all."""
    assert run_calibrate("length(max_words=4)", "--labels", "labels.jsonl", "--json") == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["kind"], body["judge"], body["judged"]) == ("calibration", "length", 60)
    assert body["decision"]["granted"] is True
    assert [p["agreement"]["balanced_accuracy"]["value"] for p in body["predictors"]] == [0.5, 0.5]
