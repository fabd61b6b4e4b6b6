import json

import pytest

from llmops_magics.errors import GateRunError, GateUsageError
from llmops_magics.release.execution.ballot import collect, deliver
from llmops_magics.release.gate.decision import decide


def test_decision_comes_back_as_it_was(run_of, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMOPS_GATE_RECORD", str(tmp_path))
    decision = decide(run_of(), ["contains >= 0.8"])
    deliver(decision)
    assert collect(tmp_path) == decision
    assert [entry.name for entry in tmp_path.iterdir()] == ["decision.json"]


def test_second_decision_is_refused_and_changes_nothing(run_of, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMOPS_GATE_RECORD", str(tmp_path))
    deliver(decide(run_of(4), ["contains >= 0.8"]))
    with pytest.raises(GateUsageError, match="decided already"):
        deliver(decide(run_of(), ["contains >= 0.8"]))
    assert collect(tmp_path).verdict == "FAIL"


def test_outside_a_gate_nothing_is_written(run_of, tmp_path, monkeypatch):
    monkeypatch.delenv("LLMOPS_GATE_RECORD", raising=False)
    monkeypatch.chdir(tmp_path)
    deliver(decide(run_of(), ["contains >= 0.8"]))
    assert collect(tmp_path) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"kind": "gate-decision"})])
def test_what_is_no_decision_is_an_error(tmp_path, content):
    (tmp_path / "decision.json").write_text(content)
    with pytest.raises(GateRunError, match="no readable decision"):
        collect(tmp_path)
