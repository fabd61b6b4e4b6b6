"""What is missing before a release, and that each thing that changes is seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from llmops_magics.errors import EvidenceError, ReleaseError, UsageError

REF = "support/answer@1"


def said(found):
    return {each.name: (each.met, each.said) for each in found.requirements}


def test_dev_asks_for_nothing(desk):
    desk.prompt()
    found = desk.approvals.readiness(REF, "dev")
    assert found.ready
    assert found.requirements == ()


def test_everything_that_is_missing_is_said_at_once(desk):
    desk.prompt()
    with pytest.raises(EvidenceError, match="is not ready for production") as caught:
        desk.approvals.require(REF, "production")
    names = [line.partition(":")[0] for line in caught.value.missing]
    assert names == ["gate release_gate", "after staging", "approvals"]


def test_a_gate_that_passed_is_evidence(ready):
    found = ready.be("bob").approvals.readiness(REF, "staging")
    assert found.ready
    assert found.dossiers[0].rules[0].low == 0.83
    assert found.dossiers[0].signed_by == "ann"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"verdict": "FAIL"}, "newest run says FAIL"),
        ({"verdict": "INCONCLUSIVE"}, "newest run says INCONCLUSIVE"),
        ({"ago": timedelta(days=8)}, "over 7 days ago"),
        ({"ago": timedelta(hours=-1)}, "in the future"),
        ({"mode": "replay"}, "not run live"),
        ({"mode": "rejudge"}, "not run live"),
        ({"model": "other/model"}, "not run live on support/answer@1 with test/model"),
        ({"prompt_digest": "sha256:" + "0" * 64}, "not run live"),
        ({"index_fingerprint": "sha256:" + "0" * 64}, "not run live"),
    ],
)
def test_what_is_no_evidence(desk, changes, reason):
    desk.key("ann")
    desk.gate(desk.prompt(), **changes)
    met, why = said(desk.approvals.readiness(REF, "staging"))["gate release_gate"]
    assert not met
    assert reason in why


def test_the_newest_run_decides_and_not_the_best(desk):
    desk.key("ann")
    version = desk.prompt()
    for verdict in ("PASS", "FAIL"):
        desk.gate(version, verdict=verdict)
    assert not desk.approvals.readiness(REF, "staging").ready
    desk.gate(version)
    found = desk.approvals.readiness(REF, "staging")
    assert found.ready
    assert found.warnings == (
        (
            "release_gate passed in 2 of 3 live runs on exactly this bundle: "
            "chance alone passes one of many"
        ),
    )


def test_a_key_that_nobody_registered_is_none_where_a_signature_is_asked_for(desk):
    desk.gate(desk.prompt())  # ann's key is made for it, and not registered
    assert desk.approvals.readiness(REF, "staging").ready
    met, why = said(desk.approvals.readiness(REF, "production"))["gate release_gate"]
    assert (met, why) == (False, "its key is not in the register (llmops keys add).")


@pytest.mark.parametrize("file", ["gate.json", "release_gate.ipynb", "dossier.dsse.json"])
def test_a_dossier_that_was_touched_is_no_evidence(ready, file):
    path = ready.folder / "archive" / "release_gate-001" / file
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    met, why = said(ready.approvals.readiness(REF, "staging"))["gate release_gate"]
    assert not met
    assert "dossier" in why


def test_the_environment_before_must_serve_the_same_bundle(ready):
    assert said(ready.approvals.readiness(REF, "production"))["after staging"][0]
    two = ready.prompt("Answer briefly: {{ question }}")
    ready.serve(two, "staging")
    met, why = said(ready.approvals.readiness(REF, "production"))["after staging"]
    assert (met, why) == (False, "staging serves support/answer@2 and not this.")


def test_the_same_text_with_another_model_is_another_bundle(ready):
    before = ready.approvals.bundle(REF)
    ready.settings(ready.toml.replace('default = "test/model"', 'default = "test/other"'))
    after = ready.approvals.bundle(REF)
    assert (before.prompt_digest, before.digest) != (after.prompt_digest, after.digest)
    assert before.digest != after.digest
    found = said(ready.approvals.readiness(REF, "production"))
    assert not found["gate release_gate"][0]
    assert "with another model" in found["after staging"][1]


def test_a_pinned_notebook_is_the_only_one(ready):
    pin = "sha256:" + "7" * 64
    policy = '[environments.staging.low]\ngates = ["release_gate"]\n'
    ready.settings(f"{ready.toml}{policy}notebooks = {{ release_gate = '{pin}' }}\n")
    met, why = said(ready.approvals.readiness(REF, "staging"))["gate release_gate"]
    assert not met
    assert "another than the pinned" in why


def test_a_corpus_without_an_index_cannot_be_released(ready):
    ready.settings(f'{ready.toml}[release.prompts."support/*"]\ncorpora = ["handbook"]\n')
    with pytest.raises(ReleaseError, match=r"'handbook', which has no index"):
        ready.approvals.readiness(REF, "staging")


def test_an_unknown_environment_is_said_with_the_known_ones(desk):
    desk.prompt()
    with pytest.raises(UsageError, match=r"Did you mean 'production'"):
        desk.approvals.readiness(REF, "prodution")


def test_when_it_lapses_is_the_end_of_the_first_thing(ready):
    found = ready.approvals.readiness(REF, "production")
    assert found.lapses_at[:10] > found.decided_at[:10]
    ready.be("bob").approvals.approve(REF, "production", "It reads well.")
    later = ready.approvals.readiness(REF, "production")
    assert later.lapses_at == found.lapses_at  # the gate ran before the approval


def test_an_open_incident_is_a_warning(ready):
    from llmops_magics.storage.table import incident

    with ready.workspace.store.write() as connection:
        connection.execute(
            incident.insert().values(
                id="inc-1",
                environment="production",
                prompt="support/answer",
                state="open",
                severity="high",
                title="Wrong refunds",
                details={},
                actor="eve",
                at="2026-11-01T00:00:00.000000Z",
            )
        )
    found = ready.approvals.readiness(REF, "production")
    assert found.warnings == ("incident inc-1 is open (high, production): Wrong refunds",)


def test_a_test_double_proves_nothing(desk, monkeypatch):
    desk.key("ann")
    note = "A test double gave 4 answers: this proves nothing about a model."
    desk.gate(desk.prompt(), notes=(note,))
    monkeypatch.delenv("LLMOPS_TEST_DOUBLES", raising=False)
    met, why = said(desk.approvals.readiness(REF, "staging"))["gate release_gate"]
    assert (met, why) == (False, "a test double answered, which proves nothing about a model.")
    monkeypatch.setenv("LLMOPS_TEST_DOUBLES", "allow")
    found = desk.approvals.readiness(REF, "staging")
    assert found.ready
    assert found.warnings == (f"release_gate: {note}",)
