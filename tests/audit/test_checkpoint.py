from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from llmops_magics.audit.checkpoint import make_checkpoint, write_missing
from llmops_magics.audit.signed_head import heads_in, heads_of, taken_away
from llmops_magics.audit.signing.envelope import sign_statement
from llmops_magics.audit.signing.key import new_key
from llmops_magics.audit.signing.register import KeyRegister, RegisteredKey
from llmops_magics.audit.trail import events, head, verify
from llmops_magics.errors import AuditError
from llmops_magics.record import digest_bytes, format_time, utc_now


@pytest.fixture
def key():
    return new_key("ann")


@pytest.fixture
def register(key):
    at = format_time(utc_now())
    return KeyRegister(
        (RegisteredKey(name="ann", key_id=key.key_id, public=key.public_hex, added_at=at),)
    )


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "audit"


def sign(store, key, folder):
    return make_checkpoint(store, lambda made: sign_statement(key, made), folder, actor="ann")


def test_a_head_is_signed_kept_and_told(store, add, key, register, folder):
    last = add(store, 3)
    made = sign(store, key, folder)
    assert (made.seq, made.head, made.key_id) == (3, last.hash, key.key_id)
    assert json.loads((folder / made.file).read_text())["signatures"][0]["keyid"] == key.key_id
    found = heads_in(folder, register)
    assert [(each.seq, each.hash) for each in found.heads] == [(3, last.hash)]
    with store.read() as connection:
        assert [e.action for e in events(connection)][-1] == "audit.checkpoint"
        assert verify(connection, heads=found.heads).problems == ()
        assert heads_of(connection, register).heads[0].hash == last.hash
        assert taken_away(connection, found) == ()


def test_an_empty_trail_has_no_head(store, key, folder):
    with pytest.raises(AuditError, match="empty"):
        sign(store, key, folder)


def test_a_file_that_was_taken_away_is_told(store, add, key, register, folder):
    add(store)
    (folder / sign(store, key, folder).file).unlink()
    with store.read() as connection:
        (warning,) = taken_away(connection, heads_in(folder, register))
        assert warning == "the signed head of event 1 (event 2) is gone"
        assert len(write_missing(connection, folder)) == 1  # the store has it still
        assert taken_away(connection, heads_in(folder, register)) == ()


def test_a_head_by_a_key_that_nobody_registered_does_not_count(store, add, key, register, folder):
    add(store)
    sign(store, new_key("eve"), folder)
    found = heads_in(folder, register)
    assert found.heads == ()
    assert "nobody registered the key" in found.warnings[0]
    assert "'eve'" in found.warnings[0]


def test_a_head_that_a_revoked_key_signed_later_does_not_count(store, add, key, register, folder):
    add(store)
    sign(store, key, folder)
    early = register.with_revoked(key.key_id, "2000-01-01T00:00:00.000000Z", "lost")
    late = register.with_revoked(key.key_id, "2999-01-01T00:00:00.000000Z", "lost")
    assert heads_in(folder, early).heads == ()
    assert "was revoked" in heads_in(folder, early).warnings[0]
    assert len(heads_in(folder, late).heads) == 1


def test_each_changed_byte_of_a_heads_file_is_found(store, add, key, register, folder):
    add(store)
    path = folder / sign(store, key, folder).file
    content = path.read_bytes()
    for place in range(0, len(content), 3):
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        found = heads_in(folder, register)
        assert found.heads == ()
        assert len(found.problems) == 1


def test_signatures_that_change_places_are_found(store, add, key, register, folder):
    add(store)
    one = folder / sign(store, key, folder).file
    two = folder / sign(store, key, folder).file
    first, second = json.loads(one.read_text()), json.loads(two.read_text())
    first["signatures"], second["signatures"] = second["signatures"], first["signatures"]
    for path, made in ((one, first), (two, second)):
        path.write_text(json.dumps(made, separators=(",", ":"), sort_keys=True) + "\n")
    assert len(heads_in(folder, register).problems) == 2


def test_another_statement_by_a_known_key_is_no_head(key, register, folder):
    from llmops_magics.audit.signing.statement import APPROVAL, statement

    folder.mkdir()
    subjects = {"audit-trail": digest_bytes(b"x")}
    said = {"seq": 1, "time": format_time(utc_now())}
    envelope = sign_statement(key, statement(APPROVAL, subjects, said))
    (folder / "00000001.dsse.json").write_text(envelope.to_json())
    assert "no head of a trail" in heads_in(folder, register).problems[0]


def test_the_rows_are_append_only(store, add, key, folder):
    add(store)
    sign(store, key, folder)
    for change in ("UPDATE audit_checkpoint SET head = ''", "DELETE FROM audit_checkpoint"):
        with pytest.raises(Exception, match="append-only"), store.write() as connection:
            connection.execute(text(change))


def test_a_crash_before_the_file_is_made_good_by_the_next(store, add, key, folder, tmp_path):
    add(store)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OSError, match="file"):
        sign(store, key, blocked)
    with store.read() as connection:
        assert head(connection)[0] == 2  # it was signed, and said so
    sign(store, key, folder)
    assert len(list(folder.glob("*.dsse.json"))) == 2
