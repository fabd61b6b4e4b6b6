"""Searches of the trail on a real PostgreSQL server find what they find in SQLite."""

from __future__ import annotations

import pytest

from llmops_magics.audit.search import AuditSearch, event_at, find_events, tally
from llmops_magics.audit.trail import append

pytestmark = pytest.mark.xdist_group("postgresql")  # one server
EVENTS = (
    ("jo", "prompt.register", "support/answer@1"),
    ("ana", "release.promote", "support/answer@production"),
    ("ana", "release.rollback", "support/answer@production"),
    ("jo", "releases.other", "support/answers@1"),
)


@pytest.fixture
def found(postgresql_store):
    with postgresql_store.write() as connection:
        for actor, action, resource in EVENTS:
            append(connection, actor=actor, action=action, resource=resource, body={})

    def search(**filters):
        with postgresql_store.read() as connection:
            return [e.seq for e in find_events(connection, AuditSearch(**filters)).events]

    return search


def test_names_times_and_limits(postgresql_store, found):
    assert found(action="release") == found(action="release.") == [3, 2]
    assert found(action="release", resource="support/answer") == [3, 2]
    assert found(resource="support/answer") == [3, 2, 1]
    assert found(actor="jo", action="prompt") == [1]
    with postgresql_store.read() as connection:
        third = event_at(connection, 3).time
        newest = find_events(connection, AuditSearch(action="release"), limit=1)
        counted = tally(connection, ("release",), AuditSearch(until=third))
    assert (newest.events[0].seq, newest.has_more) == (3, True)
    assert (counted.count, counted.examples) == (1, (2,))
    assert (found(since=third), found(until=third)) == ([4, 3], [2, 1])
