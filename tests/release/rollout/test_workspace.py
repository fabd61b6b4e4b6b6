"""From promote to complete and back through the workspace: asks, a watch, a report."""

from __future__ import annotations

import json

import pytest

import llmops_magics.views  # noqa: F401
from llmops_magics.cli.main import main
from llmops_magics.errors import UsageError
from llmops_magics.workspace import Workspace, current_workspace

PLACE = "support/answer@dev"
GUARD = "error_rate non_inferior 0.5"
TOML = """
[models]
default = "openai/gpt-4.1-mini"
[environments.dev.rollout]
min_requests = 20
"""


@pytest.fixture
def workspace(folder, endpoint):
    endpoint("Paris")
    (folder / "llmops.toml").write_text(TOML)
    made = current_workspace()
    for text in ("one", "two"):
        made.prompts.register("support/answer", f"user:\n{text} {{{{ q }}}}")
    made.releases.promote("support/answer@1", "dev", reason="first")
    made.releases.promote(
        "support/answer@2", "dev", canary=(50.0,), hold="1h", guards=(GUARD,), reason="try"
    )
    yield made
    made.close()


def asked(workspace: Workspace, n: int) -> None:
    for i in range(n):
        workspace.ask(PLACE, key=f"user-{i}", q=f"question {i}")


def test_a_rollout_completes_on_what_its_users_saw(workspace):
    workspace.releases.abort(PLACE, reason="held too long")
    workspace.releases.promote(
        "support/answer@2", "dev", canary=(50.0,), hold="1s", guards=(GUARD,), reason="try"
    )
    asked(workspace, 90)
    for _ in range(3):
        workspace.ask(PLACE, q="of nobody")  # without a key: counted for neither
    told = []
    watch = workspace.rollouts.watch(PLACE, every_s=0.4, times=5, on_look=told.append)
    look = told[-1]
    requests = {arm.arm: arm.requests for arm in look.arms}
    assert sum(requests.values()) == 90
    assert 25 <= requests["candidate"] <= 65
    assert (look.decision, look.outcome, watch.changes) == ("complete", "done", 1)
    assert workspace.releases.pointer(PLACE).stable.number == 2


def test_a_report_shows_plan_looks_and_what_is_seen_now(workspace):
    asked(workspace, 60)
    workspace.rollouts.watch(once=True)
    report = workspace.rollouts.report(PLACE)
    assert (report.state, report.watcher, report.shadow) == ("rolling", "", None)
    assert report.plan["guards"] == [GUARD]
    assert (report.total_looks, report.now.tests[0].metric) == (1, "error_rate")
    html = report._repr_mimebundle_()["text/html"]
    assert "Guardrails, over the whole rollout" in html
    assert "<script" not in html


def test_feedback_counts_for_a_guardrail(workspace):
    workspace.releases.abort(PLACE, reason="other guards")
    workspace.releases.promote(
        "support/answer@2", "dev", canary=(50.0,), guards=("feedback.good non_inferior 0.1",),
        reason="try",
    )  # fmt: skip
    answer = workspace.prompts.ask(PLACE, {"q": "a"}, key="user-1")
    workspace.rollouts.feedback(answer.trace_id, "good", True)
    (test,) = workspace.rollouts.look(PLACE).tests
    assert test.stable_n + test.candidate_n == 1
    with pytest.raises(UsageError, match="no trace"):
        workspace.rollouts.feedback("0" * 32, "good", True)


def test_a_place_that_serves_nothing_is_said(workspace):
    with pytest.raises(UsageError, match="Nothing was released to support/none@dev"):
        workspace.rollouts.report("support/none@dev")


def test_a_plan_nobody_could_decide_is_refused_at_once(workspace):
    workspace.releases.abort(PLACE, reason="again")
    with pytest.raises(UsageError, match="no metric 'errors'"):
        workspace.releases.promote(
            "support/answer@2", "dev", canary=(50.0,), guards=("errors non_inferior 0.1",)
        )


def test_the_commands_print_lines_and_json(workspace, capsys):
    asked(workspace, 30)
    assert main(["release", "watch", "--once"]) == 0
    shown = capsys.readouterr()
    assert "support/answer@dev: … hold at 50 %" in shown.err
    assert "1 rollout, 1 round of looks, 0 changes" in shown.out
    assert main(["release", "look", PLACE, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["now"]["decision"] == "hold"
    assert main(["release", "shadow", PLACE]) == 0
    assert "0 pairs" in capsys.readouterr().out


def test_ctrl_c_ends_the_watch_and_gives_the_lease_back(workspace):
    def interrupt(_):
        raise KeyboardInterrupt

    watch = workspace.rollouts.watch(on_look=interrupt)
    assert watch.was_interrupted
    assert workspace.rollouts.report(PLACE).watcher == ""
    assert workspace.rollouts.watch(once=True).holder == ""
