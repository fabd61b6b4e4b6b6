from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from llmops_magics.audit.trail import GENESIS, append, events, verify
from llmops_magics.record import digest
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import audit_event

APPENDER = """
import sys
from llmops_magics.audit.trail import append
from llmops_magics.storage.store import Store
store = Store.open(sys.argv[1])
for i in range(int(sys.argv[3])):
    with store.write() as c:
        append(c, actor=sys.argv[2], action="test", resource=str(i), body={"i": i})
"""


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/llmops.db"


@pytest.fixture
def store(url):
    opened = Store.open(url)
    yield opened
    opened.close()


def add(store, count=1, **body):
    with store.write() as connection:
        for number in range(count):
            event = append(
                connection, actor="jo", action="label.move", resource=f"greet@{number}", body=body
            )
    return event


def check(store, **options):
    with store.read() as connection:
        return verify(connection, **options)


@pytest.fixture
def tamper(store):
    """Change the trail as one who owns the file can: without its triggers."""
    add(store, 5, label="staging")

    def run(statement):
        with store.write() as connection:
            for trigger in ("no_update", "no_delete", "next"):
                connection.execute(text(f"DROP TRIGGER audit_event_{trigger}"))
            connection.execute(text(statement))
        return check(store)

    return run


def test_an_empty_trail_verifies(store):
    report = check(store, expected_head=GENESIS)
    assert (report.events, report.head, report.problems) == (0, GENESIS, ())


def test_a_chain_verifies_from_genesis_to_its_head(store):
    last = add(store, 3)
    report = check(store)
    assert (report.events, report.head, report.problems) == (3, last.hash, ())
    with store.read() as connection:
        first, second, _ = events(connection)
    assert (first.seq, first.previous) == (1, GENESIS)
    assert (second.seq, second.previous) == (2, first.hash)


def test_a_hash_can_be_recomputed_by_hand(store):
    event = add(store, label="staging").to_dict()
    content = {k: v for k, v in event.items() if k not in {"kind", "hash"}}
    assert digest(content) == event["hash"]


def test_decimals_times_and_odd_numbers_survive_storing(store):
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    event = add(store, cost=Decimal("0.10"), at=moment, nan=float("nan"), big=2**70, set={"b", "a"})
    assert event.body["cost"] == "0.10"
    assert event.body["nan"] is None
    assert event.body["set"] == ["a", "b"]
    assert check(store).problems == ()


def test_lone_surrogates_survive_storing(store):
    with store.write() as connection:
        append(connection, actor="jo\udcff", action="a", resource="r", body={"k\ud800": "\ud800"})
    assert check(store).problems == ()


def test_secrets_are_masked_before_they_are_hashed(store):
    event = add(store, note="mail jo@example.com")
    assert event.body == {"note": "mail [email]"}
    assert check(store).problems == ()


def test_an_event_goes_with_the_change_it_tells_of(store):
    with pytest.raises(ZeroDivisionError), store.write() as connection:  # noqa: PT012
        append(connection, actor="jo", action="a", resource="r", body={})
        _ = 1 / 0
    assert check(store).events == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'other'",
        "DELETE FROM audit_event",
        "DELETE FROM audit_event WHERE seq = 2",
        "REPLACE INTO audit_event SELECT * FROM audit_event WHERE seq = 1",
        "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE seq = 1",
    ],
)
def test_the_trail_is_append_only(store, statement):
    add(store, 2)
    with pytest.raises(IntegrityError, match="append-only"), store.write() as connection:
        connection.execute(text(statement))
    assert check(store).events == 2


@pytest.mark.parametrize("column", ["time", "actor", "action", "resource", "previous", "hash"])
def test_a_changed_byte_is_found(tamper, column):
    report = tamper(f"UPDATE audit_event SET {column} = {column} || ' ' WHERE seq = 3")
    assert any("event 3" in problem for problem in report.problems)


def test_a_changed_body_is_found(tamper):
    report = tamper("""UPDATE audit_event SET body = '{"label": "production"}' WHERE seq = 3""")
    assert report.problems == ("event 3 was changed: its hash is not its content's",)


@pytest.mark.parametrize("seq", [1, 3])
def test_a_deleted_event_is_found(tamper, seq):
    report = tamper(f"DELETE FROM audit_event WHERE seq = {seq}")
    assert f"event {seq} is missing (found {seq + 1})" in report.problems


def test_two_events_that_change_places_are_found(tamper, store):
    tamper("UPDATE audit_event SET seq = -1 WHERE seq = 3")
    with store.write() as connection:
        connection.execute(text("UPDATE audit_event SET seq = 3 WHERE seq = 4"))
        connection.execute(text("UPDATE audit_event SET seq = 4 WHERE seq = -1"))
    problems = check(store).problems
    assert "event 3 does not follow the one before it" in problems
    assert "event 4 was changed: its hash is not its content's" in problems


def test_an_inserted_event_is_found(store):
    add(store, 2)
    with store.write() as connection:
        connection.execute(text("DROP TRIGGER audit_event_next"))
    forged = {
        "seq": 3, "time": "", "actor": "jo", "action": "a", "resource": "r", "body": {},
        "previous": GENESIS,
    }  # fmt: skip
    with store.write() as connection:
        connection.execute(insert(audit_event).values(**forged, hash=digest(forged)))
    assert check(store).problems == ("event 3 does not follow the one before it",)


def test_a_head_kept_elsewhere_finds_a_cut_tail(tamper, store):
    head = check(store).head
    assert tamper("DELETE FROM audit_event WHERE seq > 3").problems == ()
    (problem,) = check(store, expected_head=head).problems
    assert "tail was cut" in problem
    assert head in problem


def test_a_chain_that_has_grown_still_holds_an_older_head(store):
    head = add(store, 2).hash
    add(store, 2)
    assert check(store, expected_head=head).problems == ()
    assert check(store, expected_head=GENESIS).problems == ()


def test_four_processes_append_at_once_without_gap_or_fork(store, url):
    command = [sys.executable, "-c", APPENDER, url]
    processes = [subprocess.Popen([*command, f"p{i}", "25"]) for i in range(4)]
    assert [p.wait(100) for p in processes] == [0, 0, 0, 0]
    report = check(store)
    assert (report.events, report.problems) == (100, ())
    with store.read() as connection:
        trail = list(events(connection))
    assert [e.seq for e in trail] == list(range(1, 101))
    assert {e.actor for e in trail} == {"p0", "p1", "p2", "p3"}
