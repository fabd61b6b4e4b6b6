"""``%llm_release`` in a real shell, and the production client beside it."""

from __future__ import annotations

TOML = """[environments.production]
after = ""
low = { gates = [], approvers = 0, signed = false }
[access.roles]
releaser = ["ann"]
"""
PLACE = "support/answer@production"


def test_promote_look_and_go_back(shell, folder, monkeypatch):
    monkeypatch.setenv("LLMOPS_ACTOR", "ann")
    (folder / "llmops.toml").write_text(TOML)
    for text in ("one", "two"):
        shell.ok(f"%%prompt support/answer --model openai/m\nuser:\n{text}")
    shell.ok("%llm_release promote support/answer@1 --to production")
    promoted = shell.ok(
        "%llm_release promote support/answer@2 --to production --canary 5,50% --hold 10m "
        '--guard "error_rate non_inferior 0.01" --rule "plan=beta: candidate" --reason shorter'
    ).value.served[0]
    assert (promoted.state, promoted.plan["steps"], promoted.plan["hold_s"]) == (
        "rolling", [5.0, 50.0], 600.0,
    )  # fmt: skip
    shell.ok("from llmops_magics import prompts")
    beta = shell.ok(f"prompts.get('{PLACE}', key='k', attributes={{'plan': 'beta'}})").value
    assert (beta.version, beta.arm, beta.rollout_id) == (2, "candidate", promoted.rollout_id)
    assert shell.ok("%llm_release").value.served[0].state == "rolling"
    assert shell.ok(f"%llm_release rollback {PLACE}").value.served[0].stable["number"] == 1
    changes = shell.ok(f"%llm_release history {PLACE}").value.changes
    assert [c.action for c in changes] == ["rollback", "promote", "promote"]
    assert [e.name for e in shell.ok("%llm_release environments").value.environments] == [
        "dev", "production", "staging",
    ]  # fmt: skip
