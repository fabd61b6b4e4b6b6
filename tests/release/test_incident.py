from __future__ import annotations

import pytest

from llmops_magics.audit.trail import events
from llmops_magics.errors import PromptError, ReleaseError
from llmops_magics.release.incident import (
    close_incident,
    get_incident,
    list_incidents,
    open_incident,
    open_incidents,
)


@pytest.fixture
def opened(store):
    def run(title="wrong refunds", environment="production", **details):
        with store.write() as connection:
            return open_incident(
                connection,
                prompt="support/answer",
                environment=environment,
                title=title,
                actor="jo",
                **details,
            )

    return run


def test_an_incident_has_the_minimum_and_its_event(store, opened):
    made = opened(severity="major", description="d", impact="i", stakeholders="customers")
    with store.read() as connection:
        found = get_incident(connection, made.id)
        [event] = events(connection)
    assert found == made
    assert (found.system_id, found.reporter) == ("support/answer@production", "jo")
    assert (found.occurred_at, found.closed_at) == (found.opened_at, "")
    assert (event.action, event.resource) == ("incident.open", "support/answer@production")
    assert event.body["evidence"] == [made.id]


def test_closing_keeps_what_was_reported_and_says_what_was_done(store, opened):
    made = opened(description="d")
    with store.write() as connection:
        closed = close_incident(connection, made.id, actor="ana", action="rolled back")
    assert (closed.state, closed.description, closed.opened_at) == ("closed", "d", made.opened_at)
    assert (closed.action_taken, closed.closed_at) == ("rolled back", closed.at)
    with store.write() as connection, pytest.raises(ReleaseError, match="closed already"):
        close_incident(connection, made.id, actor="ana", action="again")
    with store.read() as connection:
        assert [e.action for e in events(connection)] == ["incident.open", "incident.close"]


def test_the_open_ones_come_first_and_are_told_apart_by_environment(store, opened):
    first, second, other = opened("a"), opened("b"), opened("c", environment="staging")
    with store.write() as connection:
        close_incident(connection, second.id, actor="ana", action="fixed")
    with store.read() as connection:
        listed = list_incidents(connection, prompt="support/answer").incidents
        still = open_incidents(connection, "support/answer", "production")
    assert [each.id for each in listed] == [other.id, first.id, second.id]
    assert [each.id for each in still] == [first.id]


def test_personal_data_is_masked_before_it_is_kept(opened):
    made = opened("mail of ana.lopez@example.com leaked", description="key sk-" + "a1B2" * 12)
    assert "ana.lopez" not in made.title
    assert "a1B2a1B2" not in made.description


@pytest.mark.parametrize(
    ("title", "severity", "error"),
    [("", "minor", ReleaseError), ("x", "bad", ReleaseError), ("a\x00b", "minor", PromptError)],
)
def test_what_cannot_be_kept_is_refused(store, opened, title, severity, error):
    with pytest.raises(error):
        opened(title, severity=severity)
    with store.read() as connection:
        assert not list(events(connection))


def test_an_unknown_incident_is_said(store):
    with store.read() as connection, pytest.raises(ReleaseError, match="There is no incident"):
        get_incident(connection, "inc-1")
