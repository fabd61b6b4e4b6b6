"""What an owner of the file can do to a trail, each of it found, by the chain or a signed head."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert, select, text

from llmops_magics.audit.event import GENESIS, HASHED, hash_of
from llmops_magics.audit.trail import SignedHead, verify
from llmops_magics.record import format_time, parse_time
from llmops_magics.storage.table import audit_event

TRIGGERS = ("no_update", "no_delete", "next")
EVENTS = 5


@pytest.fixture
def trail_(store, add):
    add(store, EVENTS, label="staging", share=0.25)
    return store


def unlocked(store, *statements, **values):
    with store.write() as connection:
        for trigger in TRIGGERS:
            connection.execute(text(f"DROP TRIGGER IF EXISTS audit_event_{trigger}"))
        for statement in statements:
            connection.execute(text(statement), values)


def check(store, **options):
    with store.read() as connection:
        return verify(connection, **options)


def rows(store):
    with store.read() as connection:
        return [dict(row) for row in connection.execute(select(audit_event)).mappings()]


def rewrite(store, change):
    """Drop the triggers and write the whole chain again, each hash recomputed."""
    content = change(rows(store))
    previous = GENESIS
    for seq, row in enumerate(content, 1):
        row.update(seq=seq, previous=previous)
        previous = row["hash"] = hash_of({name: row[name] for name in HASHED})
    unlocked(store, "DELETE FROM audit_event")
    with store.write() as connection:
        connection.execute(insert(audit_event), content)


@pytest.mark.parametrize("column", ["time", "actor", "action", "resource", "previous", "hash"])
def test_a_changed_character_of_an_event_is_found(trail_, column):
    value = rows(trail_)[2][column]
    for place in range(0, len(value), 5):
        changed = f"{value[:place]}{chr(ord(value[place]) ^ 1)}{value[place + 1 :]}"
        put = f"UPDATE audit_event SET {column} = :value WHERE seq = 3"
        unlocked(trail_, put, value=changed)
        assert any("event 3" in problem for problem in check(trail_).problems), changed
    unlocked(trail_, f"UPDATE audit_event SET {column} = :value WHERE seq = 3", value=value)
    assert check(trail_).problems == ()


def test_each_changed_byte_of_a_body_is_found(trail_):
    with trail_.read() as connection:
        body = connection.execute(text("SELECT body FROM audit_event WHERE seq = 3")).scalar()
    put = "UPDATE audit_event SET body = :value WHERE seq = 3"
    for place in range(len(body)):
        for bit in (1, 2, 16):
            changed = f"{body[:place]}{chr(ord(body[place]) ^ bit)}{body[place + 1 :]}"
            unlocked(trail_, put, value=changed)
            assert any("event 3" in problem for problem in check(trail_).problems), changed


@pytest.mark.parametrize(
    "body",
    [
        '{"share": 0.25,  "label": "staging"}',
        '{"label": "x", "label": "staging", "share": 0.25}',
        '{"label": "\\ud800"}',
        "NaN",
        "",
        "[" * 50_000,
        b"\xff",
    ],
)
def test_a_body_that_is_written_otherwise_is_found_and_stops_nobody(trail_, body):
    unlocked(trail_, "UPDATE audit_event SET body = :value WHERE seq = 3", value=body)
    assert check(trail_).problems == ("event 3 was changed: its hash is not its content's",)


@pytest.mark.parametrize("seq", range(1, EVENTS))
def test_each_dropped_event_is_found(trail_, seq):
    unlocked(trail_, "DELETE FROM audit_event WHERE seq = :seq", seq=seq)
    assert f"event {seq} is missing (found {seq + 1})" in check(trail_).problems


def test_an_event_that_is_put_between_is_found(trail_):
    unlocked(
        trail_,
        "UPDATE audit_event SET seq = -seq WHERE seq > 2",
        "INSERT INTO audit_event SELECT 3, time, 'eve', action, resource, body, previous, "
        "'sha256:x' FROM audit_event WHERE seq = 2",
        "UPDATE audit_event SET seq = 1 - seq WHERE seq < 0",
    )
    assert "event 3 was changed: its hash is not its content's" in check(trail_).problems


def test_what_does_not_follow_the_last_event_is_refused(trail_):
    last = rows(trail_)[-1]
    with_gap = {**last, "seq": EVENTS + 2, "previous": last["hash"], "hash": "a"}
    forked = {**last, "seq": EVENTS + 1, "hash": "b"}
    for wrong in (with_gap, forked, {**last, "seq": 0, "hash": "c"}, {**last, "hash": "d"}):
        with pytest.raises(Exception, match="append-only"), trail_.write() as connection:
            connection.execute(insert(audit_event).values(wrong))
    assert check(trail_).events == EVENTS


def test_only_a_signed_head_shows_a_chain_that_was_rewritten_whole(trail_):
    kept = SignedHead(seq=4, hash=rows(trail_)[3]["hash"], source="4.dsse.json")
    early = SignedHead(seq=1, hash=rows(trail_)[0]["hash"], source="1.dsse.json")

    def blame(content):
        content[2]["actor"] = "bob"
        return content

    rewrite(trail_, blame)
    assert check(trail_).problems == ()
    report = check(trail_, heads=[kept, early])
    (problem,) = report.problems
    assert problem == (
        "event 4 is not the one whose hash was signed (4.dsse.json): the chain was rewritten after "
        "event 1"
    )
    assert report.heads == 2


def test_only_a_signed_head_shows_a_cut_tail(trail_):
    head = SignedHead(seq=EVENTS, hash=rows(trail_)[-1]["hash"], source="5.dsse.json")
    rewrite(trail_, lambda content: content[:3])
    assert check(trail_).problems == ()
    (problem,) = check(trail_, heads=[head]).problems
    assert problem.startswith("event 5 was signed (5.dsse.json) and is not in the chain, which ")
    assert problem.endswith("ends at 3: its tail was cut")


def test_a_store_that_was_replaced_by_an_empty_one_is_found(trail_, store):
    head = SignedHead(seq=1, hash=rows(trail_)[0]["hash"], source="1.dsse.json")
    unlocked(store, "DELETE FROM audit_event")
    assert "its tail was cut" in check(store, heads=[head]).problems[0]


def test_a_clock_that_went_back_is_told_and_breaks_nothing(trail_):
    def back(content):
        moment = parse_time(content[1]["time"])
        content[2]["time"] = format_time(moment.replace(year=moment.year - 1))
        return content

    rewrite(trail_, back)
    report = check(trail_)
    assert report.problems == ()
    (warning,) = report.warnings
    assert warning.startswith("event 3 is dated ")
    assert "a clock went back" in warning


def test_a_time_that_is_still_to_come_is_told(trail_):
    def ahead(content):
        content[-1]["time"] = "2999-01-01T00:00:00.000000Z"
        return content

    rewrite(trail_, ahead)
    assert "still to come" in check(trail_).warnings[0]


def test_clocks_that_differ_a_little_are_nobodys_doing(trail_):
    def skew(content):
        content[2]["time"] = content[1]["time"][:-3] + "00Z"
        content[3]["time"] = content[0]["time"]
        return content

    rewrite(trail_, skew)
    assert check(trail_).warnings == ()


def test_a_broken_chain_of_thousands_is_told_in_a_hundred_lines(store, add):
    add(store, 150)
    unlocked(store, "UPDATE audit_event SET actor = 'eve'")
    problems = check(store).problems
    assert len(problems) == 101
    assert problems[-1] == "… and 50 more"


def test_the_conventions_of_a_body(store):
    from llmops_magics.audit.trail import append

    with store.write() as connection:
        event = append(
            connection,
            actor="jo",
            action="release.promote",
            resource="a@production",
            body={"steps": [1]},
            before={"number": 1},
            after={"number": 2},
            reason="better",
            evidence=["sha256:00"],
        )
    assert event.body == {
        "steps": [1],
        "before": {"number": 1},
        "after": {"number": 2},
        "reason": "better",
        "evidence": ["sha256:00"],
    }
    assert json.dumps(rows(store)[0]["body"]) == json.dumps(event.body)
