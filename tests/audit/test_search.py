from __future__ import annotations

import pytest

from llmops_magics.audit.search import AuditSearch, event_at, find_events, stream_events, tally
from llmops_magics.audit.trail import append
from llmops_magics.storage.store import Store

EVENTS = (
    ("jo", "prompt.register", "support/answer@1"),
    ("jo", "prompt.register", "support/answer@2"),
    ("ana", "release.promote", "support/answer@production"),
    ("ana", "release.rollback", "support/answer@production"),
    ("jo", "prompt.register", "support/answers@1"),
    ("jo", "releases.other", "support/answer"),
)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path}/llmops.db")
    with opened.write() as connection:
        for actor, action, resource in EVENTS:
            append(connection, actor=actor, action=action, resource=resource, body={})
    yield opened
    opened.close()


@pytest.fixture
def found(store):
    def search(limit=50, **filters):
        with store.read() as connection:
            return [
                e.seq for e in find_events(connection, AuditSearch(**filters), limit=limit).events
            ]

    return search


def test_the_newest_come_first_and_the_rest_is_said(store):
    with store.read() as connection:
        log = find_events(connection, AuditSearch(), limit=2)
    assert [event.seq for event in log.events] == [6, 5]
    assert (log.has_more, log.newest_seq) == (True, 6)


def test_a_name_finds_its_versions_and_environments_and_no_longer_name(found):
    assert found(resource="support/answer") == [6, 4, 3, 2, 1]
    assert found(resource="support/answer@production") == [4, 3]
    assert found(resource="support") == []


def test_an_action_finds_those_under_it(found):
    assert found(action="release") == [4, 3]
    assert found(action="release.") == [4, 3]
    assert found(action="release.rollback") == [4]


def test_filters_add_up(found):
    assert found(actor="jo", resource="support/answer", action="prompt") == [2, 1]
    assert found(actor="nobody") == []


def test_times_bound_what_is_found(store, found):
    with store.read() as connection:
        third = event_at(connection, 3)
    assert found(since=third.time) == [6, 5, 4, 3]
    assert found(until=third.time) == [2, 1]


def test_a_tally_counts_and_gives_the_newest_examples(store):
    with store.read() as connection:
        counted = tally(connection, ("prompt.register", "release"), AuditSearch(), examples=2)
        nothing = tally(connection, ("incident",), AuditSearch())
    assert (counted.count, counted.examples) == (5, (5, 4))
    assert counted.first < counted.last
    assert (nothing.count, nothing.first) == (0, "")


def test_a_stream_is_in_the_order_of_the_chain(store):
    with store.read() as connection:
        assert [e.seq for e in stream_events(connection, AuditSearch(actor="jo"))] == [1, 2, 5, 6]


def test_no_event_of_a_number_is_none(store):
    with store.read() as connection:
        assert event_at(connection, 7) is None
