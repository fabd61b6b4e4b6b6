"""``%llm_runs`` in a real shell."""

import pytest

from llmops_magics.workspace import current_workspace

LINE = "%llm_eval geo/capital --data cases --scorers contains"


@pytest.fixture
def runs(capital):
    """The shell with two runs of which ``one`` is the older; returns both."""
    capital.ok(f"one = {LINE}\nother = {LINE},exact_match")
    return capital


def test_alone_it_lists_the_newest_first(runs):
    listed = runs.ok("%llm_runs").value
    names = [runs.ip.user_ns[name].run_id for name in ("other", "one")]
    assert [run.run_id for run in listed.runs] == names
    assert runs.ok("%llm_runs list").value == listed
    assert len(runs.ok("%llm_runs --limit 1").value.runs) == 1
    assert runs.ok("%llm_runs --status running").value.runs == ()


def test_a_run_is_shown_again(runs):
    one = runs.ip.user_ns["one"]
    for written in (one.run_id, one.run_id[-8:], "one"):
        assert runs.ok(f"%llm_runs show {written}").value == one
    assert runs.ok("%llm_runs show newest").value == runs.ip.user_ns["other"]


def test_two_runs_are_compared(runs):
    comparison = runs.ok("%llm_runs compare other one").value
    assert comparison.baseline_run_id == runs.ip.user_ns["one"].run_id
    assert [d.scorer for d in comparison.differences] == ["contains"]


def test_a_run_that_is_not_finished_says_how_to_finish_it(runs):
    workspace = current_workspace()
    row = workspace.runs.row(runs.ip.user_ns["one"].run_id)
    version = workspace.prompts.get("geo/capital")
    run_id = workspace.runs.start(
        version, dataset_digest=row["dataset_digest"], model="m", config={}
    )
    assert f"%llm_eval --resume {run_id}" in runs.refused("%llm_runs show newest")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("show none", "there is no eval run 'none'"),
        ("compare newest", "BASELINE"),
        ("--status done", "invalid choice"),
        ("--limit -1", "--limit"),
        ("sho", "Did you mean %llm_runs show"),
    ],
)
def test_a_bad_line_is_one_red_line(runs, line, said):
    assert said in runs.refused(f"%llm_runs {line}")


def test_help_has_every_operation(shell):
    shown = shell.ok("%llm_runs --help").out
    assert all(f"%llm_runs {name}" in shown for name in ("list", "show", "compare"))
