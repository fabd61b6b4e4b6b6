from __future__ import annotations

from datetime import timedelta

import pytest

from llmops_magics.audit import trail
from llmops_magics.audit.retention import Kept, due, hold, holds, is_held, tombstone, unhold
from llmops_magics.audit.trail import events, verify
from llmops_magics.errors import AuditError
from llmops_magics.record import parse_time

NOW = parse_time("2026-11-24T00:00:00.000000Z")


def kept(number, resource, day):
    at = f"2026-11-{day:02d}T00:00:00.000000Z"
    return Kept(id=f"g{number}", resource=resource, digest=f"sha256:{number}", since=at)


def test_what_is_old_enough_may_go(store):
    everything = [kept(1, "a", 1), kept(2, "a", 13), kept(3, "a", 15)]
    report, free = due("dossiers", everything, timedelta(days=10), (), now=NOW)
    assert (report.total, report.held, report.expired) == (3, 0, ("g1", "g2"))
    assert report.oldest == "2026-11-01T00:00:00.000000Z"
    assert [each.id for each in free] == ["g1", "g2"]


def test_a_hold_keeps_what_is_old_and_its_end_lets_it_go(store):
    with store.write() as connection:
        hold(connection, "support/*", "a lawsuit", actor="ann")
        (standing,) = holds(connection)
        with pytest.raises(AuditError, match="held already"):
            hold(connection, "support/*", "again", actor="ann")
    everything = [kept(1, "support/answer", 1), kept(2, "other", 1)]
    report, free = due("dossiers", everything, timedelta(days=1), [standing], now=NOW)
    assert (report.held, [each.id for each in free]) == (1, ["g2"])
    with store.write() as connection:
        with pytest.raises(AuditError, match="is held"):
            tombstone(connection, "dossiers", everything[0], timedelta(days=1), actor="ann")
        unhold(connection, "support/*", "it is settled", actor="bob")
        assert holds(connection) == ()
        with pytest.raises(AuditError, match="not held"):
            unhold(connection, "support/*", "again", actor="bob")


def test_where_the_trail_names_nobody_a_hold_is_shown_with_names(store):
    store.options[trail.SEALED] = True
    with store.write() as connection:
        made = hold(connection, "a", "a lawsuit", actor="ann")
        assert (made.actor, made.reason) == ("ann", "a lawsuit")
        assert holds(connection) == (made,)


@pytest.mark.parametrize(("pattern", "covers"), [("*", True), ("a", True), ("b*", False)])
def test_a_hold_covers_by_pattern(store, pattern, covers):
    with store.write() as connection:
        made = hold(connection, pattern, "why", actor="ann")
    assert is_held("a", [made]) is is_held("a@3", [made]) is covers


def test_a_tombstone_says_what_went_and_the_chain_holds(store):
    with store.write() as connection:
        tombstone(connection, "dossiers", kept(1, "a", 1), timedelta(days=30), actor="ann")
    with store.read() as connection:
        (event,) = events(connection)
        assert verify(connection).problems == ()
    assert (event.action, event.resource) == ("audit.tombstone", "a")
    assert event.body == {
        "class": "dossiers",
        "id": "g1",
        "since": "2026-11-01T00:00:00.000000Z",
        "keep_days": 30,
        "evidence": ["sha256:1"],
    }


def test_a_second_round_writes_no_second_tombstone(store):
    with store.write() as connection:
        args = (connection, "dossiers", kept(1, "a", 1), timedelta(days=30))
        first = tombstone(*args, actor="ann")
        assert tombstone(*args, actor="bob") == first
        tombstone(connection, "dossiers", kept(2, "a", 1), timedelta(days=30), actor="bob")
    with store.read() as connection:
        assert len(list(events(connection))) == 2


def test_a_hold_on_an_environment_covers_the_prompt(store):
    with store.write() as connection:
        made = hold(connection, "support/answer@production", "why", actor="ann")
    assert is_held("support/answer", [made])
    assert not is_held("support/other", [made])


@pytest.mark.parametrize(("resource", "reason"), [("", "why"), ("a", " ")])
def test_a_hold_is_of_something_and_for_a_reason(store, resource, reason):
    with pytest.raises(AuditError), store.write() as connection:
        hold(connection, resource, reason, actor="ann")
