"""An ask of what an environment serves goes to the key's arm, and its trace says so."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from llmops_magics.storage.table import span
from llmops_magics.workspace import Workspace

TOML = """[environments.production]
after = ""
low = { gates = [], approvers = 0, signed = false }
[access.roles]
releaser = ["ann"]
"""
KEYS = [f"u{number}" for number in range(30)]
PLACE = "support/answer@production"


@pytest.fixture
def workspace(folder, endpoint, monkeypatch):
    monkeypatch.setenv("LLMOPS_ACTOR", "ann")
    (folder / "llmops.toml").write_text(TOML)
    server = endpoint("Hi")
    made = Workspace(folder)
    made.server = server
    for text in ("one {{ key }}", "two {{ key }}"):
        source = f"---\nmodel: openai/gpt-4.1-mini\n---\nuser:\n{text}"
        made.prompts.register("support/answer", source)
    made.releases.promote("support/answer@1", "production")
    yield made
    made.close()


def spans(workspace):
    workspace.flush_spans()
    with workspace.store.read() as connection:
        bodies = connection.execute(select(span.c.attributes)).scalars()
        return [body for body in bodies if "llmops.release.arm" in body]


def test_the_arm_is_the_keys_and_the_span_says_it(workspace):
    rolled = workspace.releases.promote("support/answer@2", "production", canary=(50,))
    asked = {key: workspace.ask(PLACE, key=key) for key in KEYS}
    assert set(asked.values()) == {"Hi"}
    sent = [request["messages"][0]["content"] for request in workspace.server.requests]
    found = spans(workspace)
    arms = {(a["llmops.prompt.ref"], a["llmops.release.arm"]) for a in found}
    assert arms == {("support/answer@1", "stable"), ("support/answer@2", "candidate")}
    assert {a["llmops.release.rollout"] for a in found} == {rolled.served[0].rollout_id}
    assert {text.split()[0] for text in sent} == {"one", "two"}
    assert sorted(text.split()[1] for text in sent) == sorted(asked)


def test_when_nothing_rolls_the_environment_is_said_and_no_rollout(workspace):
    workspace.ask(PLACE, key="u1")
    (found,) = spans(workspace)
    assert found["llmops.release.environment"] == "production"
    assert "llmops.release.rollout" not in found
