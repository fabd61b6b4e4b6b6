from __future__ import annotations

import pytest

import llmops_magics
from llmops_magics.errors import UsageError
from llmops_magics.workspace import Workspace

ASKED = "support/answer@dev"


@pytest.fixture
def workspace(folder, endpoint):
    """A workspace in whose ``dev`` version 2 is in the shadow of version 1."""
    server = endpoint(lambda r: "Rome" if "two" in r["messages"][0]["content"] else "Paris")
    (folder / "llmops.toml").write_text('[models]\ndefault = "openai/gpt-4.1-mini"\n')
    made = Workspace(folder)
    made.server = server
    for text in ("one", "two"):
        made.prompts.register("support/answer", f"user:\n{text} {{{{ q }}}}")
    made.releases.promote("support/answer@1", "dev", reason="first")
    made.releases.promote(
        "support/answer@2", "dev", canary=(50.0,), shadow=True, scorers=("length",), reason="try"
    )
    yield made
    made.close()


def test_the_candidate_answers_too_and_nobody_is_shown_it(workspace):
    for q in ("a", "b", "c"):
        assert workspace.ask(ASKED, key="u1", q=q) == "Paris"
    report = workspace.rollouts.shadow(ASKED)
    assert (report.pairs, report.equal, report.failures) == (3, 0, 0)
    assert (report.similarity, report.stable_characters, report.candidate_characters) == (0, 5, 4)
    assert (report.stable, report.candidate) == ("support/answer@1", "support/answer@2")
    assert "Rome" not in str(report)


def test_its_spans_are_of_neither_arm(workspace):
    workspace.ask(ASKED, key="u1", q="a")
    workspace.rollouts.shadows.drain()
    (look,) = workspace.rollouts.watch(once=True).looks
    assert (look.decision, look.reason) == (
        "hold", "in the shadow, 1 answers compared; a person decides",
    )  # fmt: skip


def test_its_failure_never_reaches_the_caller(workspace, monkeypatch):
    shadows = workspace.rollouts.shadows

    def fail(*_):
        raise UsageError("no such model")

    monkeypatch.setattr(shadows, "_ask", fail)
    assert workspace.ask(ASKED, key="u1", q="a") == "Paris"
    report = workspace.rollouts.shadow(ASKED)
    assert (report.pairs, report.failures, report.errors) == (1, 1, (("UsageError", 1),))


def test_when_too_many_wait_the_rest_is_not_asked_and_counted(workspace, monkeypatch):
    monkeypatch.setattr("llmops_magics.release.rollout.shadow.MOST_WAITING", 0)
    workspace.ask(ASKED, key="u1", q="a")
    report = workspace.rollouts.shadow(ASKED)
    assert (report.pairs, report.skipped) == (0, (("too many waited", 1),))


def test_out_of_the_shadow_nobody_answers_beside(workspace):
    workspace.releases.abort(ASKED, reason="enough")
    workspace.ask(ASKED, key="u1", q="a")
    assert workspace.rollouts.shadow(ASKED).pairs == 0


def test_scorers_of_the_plan_compare_both(workspace):
    workspace.ask(ASKED, key="u1", q="a")
    ((name, own, other, pairs),) = workspace.rollouts.shadow(ASKED).scores
    assert (name, own, other, pairs) == ("length", 1.0, 1.0, 1)


def test_the_function_asks_in_the_current_workspace(workspace):
    assert llmops_magics.ask(ASKED, q="a") == "Paris"
