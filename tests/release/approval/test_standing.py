"""An approval counts for exactly what was signed, by somebody else, while nothing changed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from llmops_magics.audit.signing.envelope import Envelope, sign_statement
from llmops_magics.audit.signing.key import load_key
from llmops_magics.errors import AccessDeniedError, ApprovalError, EvidenceError
from llmops_magics.record import format_time, utc_now
from llmops_magics.release.approval.attestation import attest
from llmops_magics.release.approval.readiness import shown_digest
from llmops_magics.storage.table import approval

REF = "support/answer@1"
WHY = "The failing cases are known and harmless."


def states(desk, ref=REF):
    return [(a.approver, a.state) for a in desk.approvals.readiness(ref, "production").approvals]


def test_a_yes_by_somebody_else_makes_it_ready(ready):
    given = ready.be("bob").approvals.approve(REF, "production", WHY)
    found = ready.approvals.require(REF, "production")
    assert found.ready
    assert found.evidence == (found.dossiers[0].dossier, given.id)
    (event,) = ready.events("approval.give")
    assert (event.actor, event.resource) == ("bob", "support/answer@production")
    assert event.body["reason"] == WHY
    assert found.dossiers[0].dossier in event.body["evidence"]


def test_the_author_may_not(ready):
    with pytest.raises(ApprovalError, match="ann is an author of support/answer@1: four eyes"):
        ready.be("ann").approvals.approve(REF, "production", WHY)


def test_nor_with_another_key_of_theirs(ready, monkeypatch, tmp_path):
    monkeypatch.setenv("LLMOPS_SIGNING_KEY", str(tmp_path / "second.pem"))
    ready.be("ann").workspace.signing.new("ann")
    ready.be("bob")  # says so; the key is ann's
    with pytest.raises(ApprovalError, match="ann is an author"):
        ready.approvals.approve(REF, "production", WHY)


def test_nor_may_who_says_to_be_the_author_with_a_key_of_somebody_else(ready, monkeypatch):
    from llmops_magics.audit.signing.key import key_path

    monkeypatch.setenv("LLMOPS_SIGNING_KEY", str(key_path("bob")))
    with pytest.raises(ApprovalError, match="ann is an author"):
        ready.be("ann").approvals.approve(REF, "production", WHY)


def test_whom_the_text_names_is_an_author_too(ready):
    version = ready.prompt("---\nauthors: [BOB]\n---\nSay {{ x }}", by="ann", name="support/b")
    ready.gate(version)
    with pytest.raises(ApprovalError, match="bob is an author"):
        ready.be("bob").approvals.approve("support/b", "production", WHY)


def test_the_same_text_registered_again_is_still_its_first_authors(ready):
    ready.prompt("Something else {{ question }}", by="dave")
    again = ready.prompt(by="dave")  # ann's text, as version 3
    assert again.number == 3
    with pytest.raises(ApprovalError, match="ann is an author"):
        ready.be("ann").approvals.approve("support/answer@3", "production", WHY)


def test_a_key_that_nobody_registered_proves_nothing(ready):
    ready.be("eve").workspace.signing.signer(make=True)
    with pytest.raises(ApprovalError, match="is nobody's in the register"):
        ready.approvals.approve(REF, "production", WHY)


def test_no_key_no_approval(ready):
    with pytest.raises(ApprovalError, match=r"no key to sign with.*llmops keys new"):
        ready.be("eve").approvals.approve(REF, "production", WHY)


def test_inside_a_gate_nobody_approves(ready, monkeypatch):
    monkeypatch.setenv("LLMOPS_GATE", "1")
    with pytest.raises(ApprovalError, match="inside a gate"):
        ready.be("bob").approvals.approve(REF, "production", WHY)


def test_who_has_not_the_role_may_not_and_that_is_kept(ready):
    ready.key("eve")
    with pytest.raises(ApprovalError, match="eve may not approve"):
        ready.be("eve").approvals.approve(REF, "production", WHY)
    assert ready.events("access.deny")


def test_a_reason_is_needed_and_masked(ready):
    with pytest.raises(ApprovalError, match="for a reason only"):
        ready.be("bob").approvals.approve(REF, "production", "  ")
    given = ready.approvals.approve(REF, "production", "Asked ann@example.org about it.")
    assert "example.org" not in given.reason


def test_there_is_nothing_to_approve_before_the_gate(desk):
    desk.key("ann", "bob")
    desk.prompt()
    with pytest.raises(ApprovalError, match="nothing to approve yet: gate release_gate"):
        desk.be("bob").approvals.approve(REF, "production", WHY)
    desk.approvals.approve(REF, "production", "Not like this.", decision="reject")


def test_what_was_shown_must_still_be_so(ready):
    found = ready.be("bob").approvals.readiness(REF, "production")
    ready.gate(ready.workspace.prompts.get(REF))
    with pytest.raises(ApprovalError, match="is not what was shown"):
        ready.approvals.approve(REF, "production", WHY, shown=shown_digest(found))


def test_it_lapses_when_the_gate_runs_again(ready):
    ready.be("bob").approvals.approve(REF, "production", WHY)
    ready.be("ann").gate(ready.workspace.prompts.get(REF))
    assert states(ready) == [("bob", "lapsed")]
    assert not ready.approvals.readiness(REF, "production").ready


def test_it_is_for_one_version_and_one_environment(ready):
    ready.be("bob").approvals.approve(REF, "production", WHY)
    other = ready.prompt("Answer briefly: {{ question }}")
    ready.gate(other)
    assert states(ready, other.ref) == []
    assert ready.approvals.readiness(REF, "staging").approvals == ()


def test_it_lapses_with_its_key(ready):
    ready.be("bob").approvals.approve(REF, "production", WHY)
    key = ready.workspace.signing.keys().own
    ready.be("dave").workspace.signing.revoke(key, "The laptop was stolen.")
    assert states(ready) == [("bob", "lapsed")]


def test_it_ends_with_its_time_and_with_a_shorter_policy(ready, monkeypatch):
    ready.be("bob").approvals.approve(REF, "production", WHY)
    ready.settings(
        f"{ready.toml}[environments.production.low]\n"
        'gates = ["release_gate"]\napprovers = 1\napproval_max_age = "0s"\n'
    )
    assert states(ready) == [("bob", "expired")]


def test_it_can_be_taken_back_by_its_own_hand_only(ready):
    given = ready.be("bob").approvals.approve(REF, "production", WHY)
    with pytest.raises(ApprovalError, match="is bob's, and they take it back"):
        ready.be("carol").approvals.withdraw(given.id, "No.")
    ready.be("bob").approvals.withdraw(given.id, "I saw another case.")
    assert states(ready) == [("bob", "withdrawn"), ("bob", "done")]


def test_a_no_stands_against_any_yes_until_it_is_taken_back(ready):
    no = ready.be("carol").approvals.approve(REF, "production", "Too rude.", decision="reject")
    ready.be("bob").approvals.approve(REF, "production", WHY)
    found = ready.approvals.readiness(REF, "production")
    assert found.missing == ("approvals: 1 of 1 by bob; carol said no: Too rude.",)
    ready.be("carol").approvals.withdraw(no.id, "It is fine.")
    assert ready.approvals.readiness(REF, "production").ready


def test_a_no_is_not_lost_by_running_the_gate_again(ready):
    ready.be("bob").approvals.approve(REF, "production", WHY, decision="reject")
    ready.gate(ready.workspace.prompts.get(REF))
    ready.be("carol").approvals.approve(REF, "production", WHY)
    assert states(ready) == [("bob", "valid"), ("carol", "valid")]
    assert not ready.approvals.readiness(REF, "production").ready


def test_two_keys_of_one_person_are_one_person(ready, monkeypatch, tmp_path):
    ready.be("bob").approvals.approve(REF, "production", WHY)
    monkeypatch.setenv("LLMOPS_SIGNING_KEY", str(tmp_path / "second.pem"))
    ready.workspace.signing.new("bob")
    ready.approvals.approve(REF, "production", WHY)
    assert states(ready) == [("bob", "replaced"), ("bob", "valid")]


def forge(desk, signer, **changes):
    """Write a row past every check, signed by somebody's real key."""
    found = desk.approvals.readiness(REF, "production")
    said = {
        "environment": "production",
        "decision": "approve",
        "approver": signer,
        "reason": WHY,
        "at": format_time(utc_now()),
        "expires_at": format_time(utc_now() + timedelta(days=1)),
    }
    dossiers = {each.gate: each.dossier for each in found.dossiers}
    made = attest(found.bundle, dossiers, **(said | changes.pop("said", {})))
    envelope = sign_statement(load_key(signer), made)
    predicate = made["predicate"]
    row = {
        **{k: predicate[k] for k in (*said, "id")},
        "prompt": found.bundle.prompt,
        "bundle_digest": found.bundle_digest,
        "dossiers": sorted(dossiers.values()),
        "key_id": envelope.key_id,
        "withdraws": "",
        "envelope": envelope.to_json(),
    }
    with desk.workspace.store.write() as connection:
        connection.execute(insert(approval).values(**(row | changes)))


def copied(desk, **changes):
    """Write the one row again, changed: a replay."""
    with desk.workspace.store.write() as connection:
        row = dict(connection.execute(select(approval)).mappings().one())
        connection.execute(insert(approval).values(**(row | {"id": "apr-2"} | changes)))


def test_a_forged_row_that_is_right_would_count(ready):
    forge(ready, "bob")
    assert states(ready) == [("bob", "valid")]


@pytest.mark.parametrize(
    ("signer", "changes", "why"),
    [
        ("ann", {}, "four eyes"),
        ("bob", {"said": {"approver": "carol"}}, "is bob's and not carol's"),
        ("bob", {"approver": "carol"}, "something else than what was signed: approver"),
        ("bob", {"said": {"environment": "staging"}, "environment": "production"}, "environment"),
        ("bob", {"dossiers": []}, "something else than what was signed: dossiers"),
        ("bob", {"expires_at": "9999"}, "something else than what was signed: expires_at"),
        ("bob", {"reason": "Yes!"}, "something else than what was signed: reason"),
    ],
)
def test_a_forged_row_counts_for_nothing(ready, signer, changes, why):
    forge(ready, signer, **changes)
    (found,) = ready.approvals.readiness(REF, "production").approvals
    assert found.state == "refused"
    assert why in found.why


def test_an_approval_of_the_future_is_none(ready):
    forge(ready, "bob", said={"at": format_time(utc_now() + timedelta(hours=1))})
    assert states(ready) == [("bob", "refused")]


def test_an_approval_of_before_the_key_was_registered_is_none(ready):
    forge(ready, "bob", said={"at": format_time(utc_now() - timedelta(days=1))})
    assert states(ready) == [("bob", "refused")]


def test_a_replay_on_another_environment_or_bundle_is_found(ready):
    ready.be("bob").approvals.approve(REF, "production", WHY)
    copied(ready, environment="staging")
    (found,) = ready.approvals.readiness(REF, "staging").approvals
    assert (found.state, found.why[-3:]) == ("refused", "id.")
    other = ready.prompt("Answer briefly: {{ question }}")
    bundle = ready.approvals.bundle(other.ref)
    with ready.workspace.store.write() as connection:
        row = dict(
            connection.execute(select(approval).where(approval.c.id != "apr-2")).mappings().one()
        )
        connection.execute(
            insert(approval).values(**(row | {"id": "apr-3", "bundle_digest": bundle.digest}))
        )
    assert states(ready, other.ref) == [("bob", "refused")]


def test_each_byte_of_an_envelope_counts(ready):
    ready.be("bob").approvals.approve(REF, "production", WHY)
    with ready.workspace.store.read() as connection:
        row = dict(connection.execute(select(approval)).mappings().one())
    from llmops_magics.release.approval.standing import read_row

    content = row["envelope"].encode()
    register = ready.workspace.signing.register
    assert read_row(row, register).approver == "bob"
    for place in range(0, len(content), 7):
        changed = bytearray(content)
        changed[place] ^= 1
        with pytest.raises(ApprovalError):
            read_row({**row, "envelope": changed.decode("latin-1")}, register)


def test_a_swapped_signature_does_not_hold(ready):
    ready.be("bob").approvals.approve(REF, "production", WHY)
    forge(ready, "carol")
    with ready.workspace.store.read() as connection:
        rows = list(connection.execute(select(approval).order_by(approval.c.at)).mappings())
    one, two = (json.loads(each["envelope"]) for each in rows)
    one["signatures"][0]["sig"] = two["signatures"][0]["sig"]
    from llmops_magics.release.approval.standing import read_row

    swapped = {**rows[0], "envelope": json.dumps(one, sort_keys=True, separators=(",", ":")) + "\n"}
    assert Envelope.from_json(swapped["envelope"])
    with pytest.raises(ApprovalError, match="signature"):
        read_row(swapped, ready.workspace.signing.register)


@pytest.mark.parametrize("change", ["gate", "approval", "reject"])
def test_what_changes_before_the_release_stops_it(ready, change):
    given = ready.be("bob").approvals.approve(REF, "production", WHY)
    found = ready.approvals.require(REF, "production")
    if change == "gate":
        ready.gate(ready.workspace.prompts.get(REF), verdict="FAIL")
    elif change == "approval":
        ready.approvals.withdraw(given.id, "No.")
    else:
        ready.be("carol").approvals.approve(REF, "production", "No.", decision="reject")
    with (
        pytest.raises(EvidenceError, match="changed meanwhile"),
        ready.workspace.store.write() as connection,
    ):
        ready.approvals.check_still(connection, found)


def test_a_key_revoked_before_the_release_stops_it(ready):
    ready.be("bob").approvals.approve(REF, "production", WHY)
    found = ready.approvals.require(REF, "production")
    ready.workspace.signing.revoke(ready.workspace.signing.keys().own, "Lost.")
    with (
        pytest.raises(EvidenceError, match="approvals"),
        ready.workspace.store.write() as connection,
    ):
        ready.approvals.check_still(connection, found)


def break_glass(desk, who="dave"):
    found = desk.be(who).approvals.require(REF, "production", break_glass="Production is down.")
    with desk.workspace.store.write() as connection:
        desk.approvals.check_still(connection, found)
    return found


def test_broken_glass_is_loud_and_waits_for_a_review(ready):
    found = break_glass(ready)
    assert not found.ready
    (event,) = ready.events("release.break_glass")
    assert event.body["missing"] == ["approvals: 0 of 1."]
    (waiting,) = ready.approvals.waiting().waiting
    assert (waiting.what, waiting.id) == ("review after", found.broken_glass.id)
    assert set(waiting.may) == {"ann", "bob", "carol"}


def test_who_broke_it_does_not_review_it(ready):
    found = break_glass(ready)
    with pytest.raises(ApprovalError, match="dave broke the glass"):
        ready.approvals.review(found.broken_glass.id, "It was right.")
    ready.be("bob").approvals.review(found.broken_glass.id, "It was right.")
    assert ready.approvals.waiting().waiting == ()
    (event,) = ready.events("approval.review")
    assert event.actor == "bob"


def test_glass_is_broken_by_a_releaser_only(ready):
    with pytest.raises(AccessDeniedError):
        ready.be("bob").approvals.require(REF, "production", break_glass="Down.")
    assert ready.events("release.break_glass") == []


def test_a_request_waits_for_those_who_may(ready):
    asked = ready.be("ann").approvals.request(REF, "production", "The new refund rules.")
    assert ready.approvals.request(REF, "production", "Again.").id == asked.id
    (waiting,) = ready.approvals.waiting().waiting
    assert (waiting.what, waiting.have, waiting.need) == ("approval", 0, 1)
    assert set(waiting.may) == {"bob", "carol", "dave"}
    assert waiting.not_by == ("ann",)
    ready.be("bob").approvals.approve(REF, "production", WHY)
    (waiting,) = ready.approvals.waiting().waiting
    assert (waiting.what, waiting.approvers) == ("release", ("bob",))
    ready.serve(ready.workspace.prompts.get(REF), "production")
    assert ready.approvals.waiting().waiting == ()
