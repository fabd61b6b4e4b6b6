from __future__ import annotations

import pytest

from llmops_magics.audit.signing.envelope import Envelope
from llmops_magics.audit.signing.statement import APPROVAL, LOG_HEAD, statement
from llmops_magics.audit.trail import events
from llmops_magics.errors import LlmopsError, SigningError
from llmops_magics.record import digest_bytes
from llmops_magics.workspace import Workspace

MADE = statement(LOG_HEAD, {"audit-trail": digest_bytes(b"x")}, {"seq": 1})


@pytest.fixture
def signing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LLMOPS_ACTOR", "ann")
    (tmp_path / "work").mkdir()
    workspace = Workspace(tmp_path / "work")
    yield workspace.signing
    workspace.close()


def audited(signing):
    with signing._store().read() as connection:
        return [(e.actor, e.action, e.resource, e.body) for e in events(connection)]


def test_without_a_key_it_says_how_to_get_one(signing):
    with pytest.raises(SigningError, match="llmops keys new"):
        signing.signer()
    with pytest.raises(SigningError, match="llmops keys new"):
        signing.sign(MADE)
    assert signing.keys().own == ""


def test_a_key_that_was_made_on_the_way_is_nobodys_until_it_is_added(signing):
    envelope = signing.sign(MADE, make=True)
    found = signing.verify(envelope)
    assert (found.name, found.claimed, found.is_known) == ("", "ann", False)
    added = signing.add()
    found = signing.verify(Envelope.from_json(envelope.to_json()), predicate_type=LOG_HEAD)
    assert (found.name, found.is_known, found.key_id) == ("ann", True, added.key_id)
    with pytest.raises(SigningError, match=r"not a .*approval"):
        signing.verify(envelope, predicate_type=APPROVAL)


def test_each_change_of_the_register_is_in_the_trail(signing):
    made = signing.new()
    gone = signing.revoke(made.key_id[:12], "lost, mail jo@example.com")
    (_, add, key, body), (actor, revoke, same, after) = audited(signing)
    assert (actor, add, revoke) == ("ann", "keys.add", "keys.revoke")
    assert key == same == made.key_id
    assert body["after"] == {"owner": "ann", "public": made.public}
    assert after["after"] == {"revoked_at": gone.revoked_at}
    assert after["reason"] == "lost, mail [email]" == signing.register.find(key).reason
    assert body["evidence"] != after["evidence"]


def test_who_signs_as_somebody_else_is_known_by_the_key(signing, monkeypatch):
    signing.new()
    monkeypatch.setenv("LLMOPS_SIGNING_KEY", signing.keys().own_path)
    monkeypatch.setenv("LLMOPS_ACTOR", "bob")
    found = signing.verify(signing.sign(MADE))
    assert (found.name, found.claimed) == ("ann", "bob")


def test_anothers_key_is_added_under_their_name(signing, tmp_path):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    with pytest.raises(SigningError, match="whose key"):
        signing.add(public)
    added = signing.add(public, "bob")
    assert signing.register.owner(added.key_id) == "bob"
    assert signing.show(added.key_id[:14]) == added
    with pytest.raises(SigningError, match="registered already, for 'bob'"):
        signing.add(public, "ann")
    assert len(audited(signing)) == 1


@pytest.mark.parametrize(
    ("key", "reason", "at"),
    [("", "x", ""), ("ed25519:0", "x", ""), (None, " ", ""), (None, "x", "soon"),
     (None, "x", "2999-01-01"), (None, "a\x00b", "")],
)  # fmt: skip
def test_what_cannot_be_revoked_changes_nothing(signing, key, reason, at):
    made = signing.new()
    before = signing.register_path.read_bytes()
    with pytest.raises(LlmopsError):
        signing.revoke(made.key_id if key is None else key, reason, at=at)
    assert signing.register_path.read_bytes() == before
    assert len(audited(signing)) == 1


def test_a_key_can_be_revoked_from_a_moment_of_the_past(signing):
    made = signing.new()
    gone = signing.revoke(made.key_id, "stolen then", at="2026-01-01T12:00+02:00")
    assert gone.revoked_at == "2026-01-01T10:00:00.000000Z"
    assert not signing.register.is_valid(made.key_id, made.added_at)


def test_a_register_that_is_wrong_lets_nobody_in(signing):
    signing.new()
    signing.register_path.write_text("[[key]]\n")
    for use in (signing.keys, lambda: signing.verify(signing.sign(MADE)), signing.add):
        with pytest.raises(SigningError, match="no register of keys"):
            use()


def test_a_new_key_after_a_lost_one(signing):
    first = signing.new()
    signing.revoke(first.key_id, "lost")
    second = signing.new(replace=True)
    assert [key.key_id for key in signing.register.of("ann")] == [first.key_id, second.key_id]
    assert signing.signer().key_id == second.key_id


@pytest.mark.parametrize("name", ["a\nb", "x" * 201])
def test_a_name_that_is_none_is_refused(signing, name):
    with pytest.raises(SigningError, match="no name"):
        signing.new(name)


def test_code_in_a_gate_changes_no_keys(signing, monkeypatch):
    made = signing.new()
    monkeypatch.setenv("LLMOPS_GATE", "1")
    for change in (
        lambda: signing.add("ab" * 32, "carol"),
        lambda: signing.revoke(made.key_id, "why"),
    ):
        with pytest.raises(SigningError, match="inside a gate"):
            change()
    assert [key.key_id for key in signing.register.keys] == [made.key_id]
