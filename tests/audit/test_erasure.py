from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import select, text

from llmops_magics.audit import trail
from llmops_magics.audit.erasure import ERASED, Names, erase, pseudonym, pseudonyms_of, seal_value
from llmops_magics.audit.trail import append, events, verify
from llmops_magics.errors import AuditError
from llmops_magics.storage.table import audit_subject


@pytest.fixture
def sealed(store):
    store.options[trail.SEALED] = True
    return store


def act(store, who, **body):
    with store.write() as connection:
        return append(connection, actor=who, action="label.move", resource="a@1", body=body)


def shown(store):
    with store.read() as connection:
        names = Names(connection)
        return [names.event(event) for event in events(connection)]


def raw(store):
    with store.read() as connection:
        return [(e.actor, e.body) for e in events(connection)]


def test_the_trail_names_nobody_and_is_shown_with_names(sealed):
    act(sealed, "Ann Meyer", reason="Ann likes it", by="Ann Meyer", number=2)
    act(sealed, "Bob")
    act(sealed, "Ann Meyer")
    stored = raw(sealed)
    assert stored[0][0] == stored[2][0] != stored[1][0]
    assert stored[0][0].startswith("person-")
    assert "Ann" not in str(stored)
    assert "Bob" not in str(stored)
    first, second, _ = shown(sealed)
    assert (first.actor, second.actor) == ("Ann Meyer", "Bob")
    assert first.body == {"reason": "Ann likes it", "by": "Ann Meyer", "number": 2}


def test_others_whom_an_event_names_are_sealed_too(sealed):
    act(sealed, "Ann", author="Bob", after={"approver": "Cleo", "name": "support/answer"})
    (stored,) = raw(sealed)
    assert stored[1]["author"] == act(sealed, "Bob").actor
    assert stored[1]["after"]["name"] == "support/answer"
    assert "Cleo" not in str(stored)
    assert shown(sealed)[0].body["after"]["approver"] == "Cleo"


def test_an_erased_person_is_gone_and_the_chain_holds(sealed):
    act(sealed, "Ann", reason="my child was born")
    act(sealed, "Bob", reason="fine")
    with sealed.write() as connection:
        done = erase(connection, "Ann", "she asked us to", actor="Bob")
    ann, bob, erasing = shown(sealed)
    assert ann.actor == f"{done.subject} {ERASED}"
    assert ann.body == {"reason": ERASED}
    assert (bob.actor, bob.body) == ("Bob", {"reason": "fine"})
    assert (erasing.action, erasing.actor) == ("audit.erase", "Bob")
    assert erasing.resource.startswith(done.subject)
    with sealed.read() as connection:
        assert verify(connection).problems == ()
        assert pseudonyms_of(connection, "Ann") == ()
    assert act(sealed, "Ann").actor != done.subject  # somebody else from now on


def test_the_bytes_of_the_key_are_gone_from_the_file(sealed, tmp_path):
    act(sealed, "Ann")
    with sealed.read() as connection:
        key = connection.execute(select(audit_subject.c.key)).scalar_one()
    with sealed.write() as connection:
        erase(connection, "Ann", "asked", actor="Bob")
    sealed.close()
    with sqlite3.connect(tmp_path / "llmops.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert key.encode() not in (tmp_path / "llmops.db").read_bytes()


def test_who_erases_themselves_is_not_named(sealed):
    act(sealed, "Ann")
    with sealed.write() as connection:
        done = erase(connection, "Ann", "I want to", actor="Ann")
    assert raw(sealed)[-1][0] == done.subject
    with sealed.read() as connection:
        assert len(connection.execute(select(audit_subject)).all()) == 1


@pytest.mark.parametrize("who", ["Nobody", "person-000000000000"])
def test_nobody_can_be_erased_who_is_not_there(sealed, who):
    act(sealed, "Ann")
    with pytest.raises(AuditError, match="nothing sealed"), sealed.write() as connection:
        erase(connection, who, "asked", actor="Bob")


def test_nobody_is_erased_twice_or_deleted(sealed):
    act(sealed, "Ann")
    with sealed.write() as connection:
        done = erase(connection, "Ann", "asked", actor="Bob")
    with pytest.raises(AuditError), sealed.write() as connection:
        erase(connection, done.subject, "asked", actor="Bob")
    for change in (
        "UPDATE audit_subject SET key = 'back'",
        "UPDATE audit_subject SET name = 'other'",
        "DELETE FROM audit_subject",
    ):
        with pytest.raises(Exception, match="erased"), sealed.write() as connection:
            connection.execute(text(change))


def test_without_the_master_key_names_stay_sealed(sealed, monkeypatch):
    act(sealed, "Ann", reason="private")
    monkeypatch.setenv("LLMOPS_AUDIT_KEY", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
    (event,) = shown(sealed)
    assert event.actor.endswith(" (sealed)")
    assert event.body == {"reason": "(sealed)"}
    with sealed.read() as connection:
        assert verify(connection).problems == ()  # who verifies needs no key


def test_a_value_of_somebodys_can_be_sealed_by_itself(store):
    with store.write() as connection:
        value = seal_value(connection, "Ann", "4111 1111 1111 1111, jo@example.com")
        assert pseudonym(connection, "Ann") == value.split(":")[1]
        append(connection, actor="jo", action="a", resource="r", body={"remark": value})
    assert raw(store)[0][1] == {"remark": value}  # no rule masks a part of it
    assert shown(store)[0].body == {"remark": "4111 1111 1111 1111, jo@example.com"}


def test_a_sealed_value_that_was_changed_is_not_shown(store):
    with store.write() as connection:
        value = seal_value(connection, "Ann", "yes")
        other = seal_value(connection, "Bob", "no")
        swapped = f"sealed:{value.split(':')[1]}:{other.split(':')[2]}"
        names = Names(connection)
        assert names.value(value) == "yes"
        assert names.value(swapped) == "(sealed)"


def test_a_plain_trail_says_names(store):
    assert act(store, "Ann", reason="so").actor == "Ann"
    assert shown(store)[0].body == {"reason": "so"}
