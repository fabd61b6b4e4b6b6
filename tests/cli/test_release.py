"""``llmops release`` as a command, and its exit codes."""

from __future__ import annotations

import json

import pytest

from llmops_magics.cli.main import main
from llmops_magics.workspace import Workspace

TOML = """[environments.production]
after = ""
low = { gates = [], approvers = 0, signed = false }
[access.roles]
releaser = ["ann"]
"""
PLACE = "support/answer@production"


@pytest.fixture
def place(folder, monkeypatch):
    monkeypatch.setenv("LLMOPS_ACTOR", "ann")
    (folder / "llmops.toml").write_text(TOML)
    workspace = Workspace(folder)
    for text in ("one", "two"):
        workspace.prompts.register("support/answer", f"---\nmodel: openai/m\n---\nuser:\n{text}")
    workspace.close()
    return folder


def test_promote_status_pause_abort(place, capsys):
    promote = ["release", "promote", "support/answer@1", "--to", "production"]
    assert main(promote) == 0
    assert main([*promote[:2], "support/answer@2", *promote[3:], "--canary", "5,100"]) == 0
    assert main(["release", "pause", PLACE, "--reason", "lunch"]) == 0
    capsys.readouterr()
    assert main(["release", "status", PLACE, "--json"]) == 0
    (served,) = json.loads(capsys.readouterr().out)["served"]
    assert (served["state"], served["share"], served["reason"]) == ("paused", 0.05, "lunch")
    assert main(["release", "abort", PLACE]) == 0
    assert "serving (changed now)" in capsys.readouterr().out


def test_what_is_missing_is_a_failed_check(place, capsys):
    (place / "llmops.toml").write_text(TOML.replace("gates = []", 'gates = ["release_gate"]'))
    assert main(["release", "promote", "support/answer@1", "--to", "production"]) == 1
    assert "release_gate" in capsys.readouterr().err


def test_prompt_rollback_is_the_environments(place, capsys):
    for number in (1, 2):
        main(["release", "promote", f"support/answer@{number}", "--to", "production"])
    assert main(["prompt", "rollback", "support/answer", "production"]) == 0
    assert main(["release", "history", PLACE]) == 0
    assert "rollback" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["status", "support/answer@nowhere"], "there is no environment 'nowhere'"),
        (["rollback", "support/answer"], "does not say which prompt where"),
        (["rollback", PLACE], "has served nothing yet"),
        (["rollback", PLACE, "--to", "x"], "is no number of a version"),
        (["promote", "support/answer@9", "--to", "production"], "has no version 9"),
        (["promote", "support/answer@1", "--to", "production", "--canary", "5,1"], "no steps"),
        (["promote", "support/answer@1", "--to", "production", "--rule", "x"], "targeting rule"),
        (["freeze", "production", "--until", "soon"], "is no end of a freeze"),
    ],
)
def test_what_cannot_be_meant_is_said(place, capsys, words, said):
    assert main(["release", *words]) == 2
    assert said in capsys.readouterr().err
