"""The audit trail on a real PostgreSQL server: its triggers, its chain, and writers at once."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from llmops_magics.audit import trail
from llmops_magics.audit.erasure import Names, erase
from llmops_magics.audit.trail import append, events, verify
from llmops_magics.storage.table import audit_event

pytestmark = pytest.mark.xdist_group("postgresql")  # one server


@pytest.fixture
def store(postgresql_store, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return postgresql_store


def add(store, count=1, actor="jo", **body):
    for number in range(count):
        with store.write() as connection:
            append(connection, actor=actor, action="test", resource=f"a@{number}", body=body)


def check(store):
    with store.read() as connection:
        return verify(connection)


def test_a_chain_verifies_and_nothing_else_can_be_written(store):
    add(store, 3, label="ä", share=0.1)
    assert (check(store).events, check(store).problems) == (3, ())
    with store.read() as connection:
        last = dict(
            connection.execute(select(audit_event).order_by(audit_event.c.seq.desc()))
            .mappings()
            .first()
        )
    changes = [text(s) for s in (
        "UPDATE audit_event SET actor = 'eve'",
        "DELETE FROM audit_event WHERE seq = 2",
        "TRUNCATE audit_event",
    )]  # fmt: skip
    wrong = ({"seq": 5, "previous": last["hash"]}, {"seq": 4}, {"seq": 0})
    changes += [insert(audit_event).values({**last, **each, "hash": "x"}) for each in wrong]
    for change in changes:
        with pytest.raises(DBAPIError, match="append-only"), store.write() as connection:
            connection.execute(change)
    assert check(store).events == 3


def test_an_owner_without_triggers_is_found(store):
    add(store, 4)
    with store.write() as connection:
        connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE audit_event SET body = '{\"a\":  1}' WHERE seq = 2"))
        connection.execute(text("DELETE FROM audit_event WHERE seq = 3"))
    assert check(store).problems == (
        "event 2 was changed: its hash is not its content's",
        "event 3 is missing (found 4)",
        "event 4 does not follow the one before it",
    )


def test_writers_at_once_make_one_chain(store):
    threads = [
        threading.Thread(target=add, args=(store, 10), kwargs={"actor": f"t{number}"})
        for number in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    report = check(store)
    assert (report.events, report.problems) == (40, ())


def test_a_person_is_erased_and_the_chain_holds(store):
    store.options[trail.SEALED] = True
    add(store, actor="Ann", reason="private")
    with store.write() as connection:
        erase(connection, "Ann", "asked", actor="Bob")
    with store.read() as connection:
        first = Names(connection).event(next(iter(events(connection))))
        assert first.actor.endswith("(erased)")
        assert first.body == {"reason": "(erased)"}
    assert check(store).problems == ()
    for change in ("DELETE FROM audit_subject", "UPDATE audit_subject SET name = 'x'"):
        with pytest.raises(DBAPIError, match="can be erased, once"), store.write() as connection:
            connection.execute(text(change))
