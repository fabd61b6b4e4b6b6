"""Annotations and the summary of a step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmops_magics.errors import GateUsageError
from llmops_magics.release.gate.ci.github import MAX_SUMMARY_BYTES, gate_annotations, write_summary
from llmops_magics.release.gate.decision import decide
from llmops_magics.release.gate.result import GateResult, Verdict


@pytest.fixture
def result(run_of):
    """``result(rules)`` decides them on 38 of 40 cases that hold."""

    def build(rules=("contains >= 0.6",), **changes):
        decision = decide(run_of(), list(rules)) if rules else None
        verdict = decision.verdict if decision else None
        whole = GateResult(
            gate_id="g-1",
            notebook="gold.ipynb",
            verdict=verdict,
            exit_code=0,
            problems=(),
            decision=decision,
            parameters={},
            digests={},
            packages={},
            git_commit="",
            started_at="2026-11-24T00:00:00.000000Z",
            finished_at="2026-11-24T00:00:01.000000Z",
            duration_s=1.0,
        )
        return replace(whole, **changes)

    return build


def test_a_pass_is_a_notice(result):
    [line] = gate_annotations(result(), "gates/gold.ipynb")
    assert line.startswith("::notice file=gates/gold.ipynb,title=gold.ipynb%3A PASS::support")
    assert line.endswith("::support/answer@1: 1 of 1 rules met, gate g-1")


def test_what_failed_is_an_error_and_what_is_open_a_warning(result):
    lines = gate_annotations(result(["contains >= 0.999", "contains >= 0.95"]), "g.ipynb")
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::error", "::warning"]
    assert "title=FAIL%3A contains >= 0.999::" in lines[1]


def test_what_could_not_run_is_an_error_with_its_problem(result):
    lines = gate_annotations(result((), problems=("The kernel died.",)), "g.ipynb")
    assert lines[0].startswith("::error file=g.ipynb,title=gold.ipynb%3A COULD NOT RUN::")
    assert lines[1] == "::error file=g.ipynb,title=problem::The kernel died."


def test_text_of_a_notebook_neither_ends_its_line_nor_begins_a_command(result):
    problem = "50%\n::set-output name=x::y\r"
    lines = gate_annotations(result((), problems=(problem,)), "a,b:c.ipynb")
    assert lines[1] == (
        "::error file=a%2Cb%3Ac.ipynb,title=problem::50%25%0A::set-output name=x::y%0D"
    )


def test_the_summary_is_added_to(tmp_path, monkeypatch):
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    write_summary("# Gate é\n")
    assert path.read_text() == "before\n# Gate é\n"
    write_summary("é" * MAX_SUMMARY_BYTES)
    assert path.stat().st_size in (MAX_SUMMARY_BYTES, MAX_SUMMARY_BYTES - 1)


def test_elsewhere_there_is_no_summary(monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    with pytest.raises(GateUsageError, match="--markdown FILE"):
        write_summary("x")


def test_a_verdict_that_is_open_is_a_warning(result):
    open_one = result(verdict=Verdict.INCONCLUSIVE)
    assert gate_annotations(open_one, "g.ipynb")[0].startswith("::warning ")
