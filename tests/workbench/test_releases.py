"""``workspace.releases`` with a real store, real policies and the evidence that they ask for."""

from __future__ import annotations

import pytest

from llmops_magics.audit.trail import events
from llmops_magics.errors import (
    AccessDeniedError,
    ConfigError,
    EvidenceError,
    PromptError,
    ReleaseConflictError,
    UsageError,
)
from llmops_magics.workspace import Workspace

NAME = "support/answer"
PLACE = f"{NAME}@production"
TOML = """
[environments.production]
after = ""
low = { gates = [], approvers = 0, signed = false }
[environments.production.rollout]
canary = [5, 50]
guards = ["error_rate non_inferior 0.01"]
[access.roles]
releaser = ["ann"]
"""


@pytest.fixture
def workspace(folder, monkeypatch):
    monkeypatch.setenv("LLMOPS_ACTOR", "ann")
    opened = []

    def open_workspace(toml=TOML):
        (folder / "llmops.toml").write_text(toml, encoding="utf-8")
        made = Workspace(folder)
        opened.append(made)
        for text in ("one", "two", "three"):
            made.prompts.register(NAME, f"---\nmodel: openai/m\n---\nuser:\n{text}")
        return made

    yield open_workspace
    for each in opened:
        each.close()


def test_a_release_in_steps_as_the_settings_say(workspace):
    releases = workspace().releases
    assert releases.promote(f"{NAME}@1", "production").changed
    status = releases.promote(f"{NAME}@2", "production", reason="shorter")
    served = status.served[0]
    assert (served.state, served.share, served.plan["steps"]) == ("rolling", 0.05, [5.0, 50.0])
    assert served.plan["guards"] == ["error_rate non_inferior 0.01"]
    done = releases.complete(served.rollout_id, served.generation, by="controller", reason="well")
    assert (done.stable.number, done.actor) == (2, "controller")
    assert [c.action for c in releases.history(PLACE).changes] == ["complete", "promote", "promote"]


def test_all_that_is_missing_is_said(workspace):
    made = workspace(
        TOML.replace("gates = [], approvers = 0", 'gates = ["release_gate", "cost_gate"]')
    )
    with pytest.raises(EvidenceError) as refused:
        made.releases.promote(f"{NAME}@1", "production")
    missing = " ".join(refused.value.missing)
    assert all(each in missing for each in ("release_gate", "cost_gate", "approv"))
    assert made.releases.status(PLACE).served == ()


def test_who_is_no_releaser_changes_nothing_and_it_is_recorded(workspace, monkeypatch):
    made = workspace()
    made.releases.promote(f"{NAME}@1", "production")
    monkeypatch.setenv("LLMOPS_ACTOR", "eve")
    for act in (
        lambda: made.releases.promote(f"{NAME}@2", "production"),
        lambda: made.releases.rollback(PLACE),
        lambda: made.releases.freeze("production"),
    ):
        with pytest.raises(AccessDeniedError):
            act()
    with made.store.read() as connection:
        assert [e.action for e in events(connection)].count("access.deny") == 3


def test_the_label_of_an_environment_is_its_releases_alone(workspace):
    made = workspace()
    for number in (1, 2):
        made.releases.promote(f"{NAME}@{number}", "production", canary=())
    assert made.prompts.get(PLACE).number == 2
    move = made.prompts.rollback(NAME, "production", reason="wrong")
    assert (move.before, move.after, move.changed) == (2, 1, True)
    assert made.releases.status(PLACE).served[0].action == "rollback"
    with pytest.raises(PromptError, match="is released"):
        made.prompts.rollback(NAME, "production", forward=True)
    with pytest.raises(PromptError, match="only its releases move it"):
        made.prompts.registry.rollback(NAME, "production")


def test_an_unprotected_label_too(workspace):
    made = workspace()
    made.releases.promote(f"{NAME}@1", "dev")
    with pytest.raises(PromptError, match="is what the environment dev serves"):
        made.prompts.label(f"{NAME}@2", "dev")


def test_what_the_label_pointed_to_before_can_be_gone_back_to(workspace):
    from llmops_magics.prompts import label

    made = workspace()
    with made.store.write() as connection:
        label.move(connection, name=NAME, label="production", number=1, actor="ann")
    made.releases.promote(f"{NAME}@3", "production", canary=())
    assert made.releases.rollback(PLACE).served[0].stable["number"] == 1


def test_a_decision_on_an_older_generation_is_refused(workspace):
    releases = workspace().releases
    releases.promote(f"{NAME}@1", "production")
    served = releases.promote(f"{NAME}@2", "production").served[0]
    releases.pause(PLACE)
    with pytest.raises(ReleaseConflictError, match=r"generation 2 was expected, and it is 3"):
        releases.step(served.rollout_id, served.generation, 0.5, by="c", reason="")
    releases.resume(PLACE)
    assert releases.pointer(PLACE).salt == f"{NAME}:{served.rollout_id}"


def test_a_freeze_ends_by_itself_and_by_hand(workspace):
    releases = workspace().releases
    frozen = releases.freeze("production", until="2d", reason="sale").environments
    assert next(e.freeze.reason for e in frozen if e.name == "production") == "sale"
    assert [f.reason for f in releases.status().freezes] == ["sale"]
    assert all(e.freeze is None for e in releases.unfreeze("production").environments)
    with pytest.raises(UsageError, match="is past"):
        releases.freeze("production", until="2020-01-01")


def test_glass_is_broken_for_a_reason_only(workspace):
    with pytest.raises(UsageError, match="for a reason only"):
        workspace().releases.promote(f"{NAME}@1", "production", break_glass=True)


def test_two_environments_of_one_label_are_refused(workspace):
    made = workspace(TOML + '[environments.eu]\nlabel = "production"\n')
    with pytest.raises(ConfigError, match="move the same label 'production'"):
        made.releases.environments()


def test_environments_that_come_after_one_another_are_refused(workspace):
    made = workspace(TOML + '[environments.a]\nafter = "b"\n[environments.b]\nafter = "a"\n')
    with pytest.raises(ConfigError, match="come after one another"):
        made.releases.environments()
