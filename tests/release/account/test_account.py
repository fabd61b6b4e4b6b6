"""Who approved what is served, and what it did: from real dossiers, keys and releases."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select

from llmops_magics.audit.trail import SEALED
from llmops_magics.errors import PromptReferenceError, ReleaseError, UsageError
from llmops_magics.storage.table import incident
from llmops_magics.tracing.summary_table import store_spans
from llmops_magics.tracing.trace import Span

NAME = "support/answer@production"


@pytest.fixture
def released(ready):
    """Version 1 runs in production: approved by bob, promoted by dave."""
    ready.be("bob").approvals.approve("support/answer@1", "production", "the cases are right")
    ready.be("dave").workspace.releases.promote("support/answer@1", "production", reason="first")
    return ready


def call(ref, n, *, status="ok", run="", rollout="r"):
    attributes = {
        "gen_ai.operation.name": "chat",
        "llmops.prompt.ref": ref,
        **({"llmops.cost.usd": "0.25"} if status == "ok" else {"error.type": "EndpointError"}),
        **({"llmops.run.id": run} if run else {}),
        **({"llmops.release.rollout": rollout} if rollout else {}),
    }
    return Span(
        trace_id=f"{n:032x}",
        span_id=f"{n:016x}",
        parent_id=None,
        name="chat",
        started_ns=time.time_ns(),
        duration_ms=1.0,
        status=status,
        attributes=attributes,
    )


def test_the_account_names_author_approver_reason_and_gate(released):
    account = released.workspace.audit.who(NAME)
    assert (account.version.ref, account.version.author) == ("support/answer@1", "ann")
    [approval] = account.approvals
    assert (approval.approver, approval.reason, approval.is_valid) == (
        "bob",
        "the cases are right",
        True,
    )
    [gate] = account.gates
    assert (gate.verdict, gate.signed_by, gate.is_evidence) == ("PASS", "ann", True)
    assert (gate.rules[0].low, gate.rules[0].high) == (0.83, 0.99)
    assert (account.released.actor, account.released.reason) == ("dave", "first")
    assert account.notes == ()


def test_each_step_names_its_event(released):
    account = released.workspace.audit.who(NAME)
    [step] = account.steps
    event = released.workspace.audit.show(step.seq)
    assert (event.action, event.resource) == ("release.promote", NAME)
    assert event.seq in [each.seq for each in account.events]
    assert account.total_events == len(account.events)


def test_calls_are_those_of_the_version_without_evals(released):
    ref = "support/answer@1"
    spans = [call(ref, 1), call(ref, 2, status="error"), call(ref, 3, rollout="")]
    spans += [call(ref, 4, run="run-1-2"), call("support/other@1", 5)]
    store_spans(released.workspace.store, spans)
    [served] = released.workspace.audit.who(NAME).served
    assert (served.calls, served.released, served.errors) == (3, 2, 1)
    assert (str(served.cost_usd), served.unpriced_calls) == ("0.5", 0)


def test_a_rollback_shows_both_versions_and_the_difference(released):
    version = released.prompt("Answer {{ question }} in one line.")
    released.be("dave").gate(version)
    released.serve(version, "staging")
    released.be("bob").approvals.approve(version.ref, "production", "shorter")
    released.be("dave").workspace.releases.promote(version.ref, "production", reason="second")
    served = released.workspace.audit.who(NAME)
    assert (served.version.ref, served.before) == ("support/answer@2", "support/answer@1")
    assert [change.field for change in served.diff.changes] == ["user"]
    released.workspace.releases.rollback(NAME, reason="too short")
    back = released.workspace.audit.who(NAME)
    assert (back.version.ref, back.before) == ("support/answer@1", "support/answer@2")
    assert [step.reason for step in back.rollbacks] == ["too short"]
    assert released.workspace.audit.who(NAME, at=served.at).version.ref == "support/answer@2"


def test_incidents_are_told_with_the_version_that_was_served(released):
    audit = released.workspace.audit
    made = audit.incidents.open(NAME, "wrong refunds", severity="major")
    assert made.versions == ("support/answer@1",)
    assert [each.id for each in audit.who(NAME).incidents] == [made.id]


def test_a_dossier_that_is_gone_is_said(released):
    import shutil

    shutil.rmtree(released.folder / "archive")
    [gate] = released.workspace.audit.who(NAME).gates
    assert gate.rules == ()
    assert gate.problem


def test_a_label_without_a_release_is_said_to_be_one(desk):
    version = desk.prompt()
    desk.workspace.prompts.label("support/answer@1", "candidate")
    account = desk.workspace.audit.who("support/answer@candidate")
    assert account.version.ref == version.ref
    assert "A label alone says what is served" in account.notes[0]


def test_what_was_never_served_is_refused(desk):
    desk.prompt()
    with pytest.raises(ReleaseError, match="Nothing was ever served"):
        desk.workspace.audit.who(NAME)
    with pytest.raises(UsageError, match="names no environment"):
        desk.workspace.audit.who("support/answer")
    with pytest.raises(PromptReferenceError):
        desk.workspace.audit.who("@production")


def test_the_views_say_the_same(released):
    account = released.workspace.audit.who(NAME)
    import llmops_magics.views  # noqa: F401
    from llmops_magics.record import VIEWS

    text, html = VIEWS["account"].text(account), VIEWS["account"].html(account)
    for words in ("bob", "the cases are right", "support/answer@1", "0.83"):
        assert words in text
        assert words in html


def test_where_the_trail_names_nobody_the_account_does(released, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    audit = released.workspace.audit
    released.workspace.store.options[SEALED] = True
    made = audit.incidents.open(NAME, "wrong refunds")
    with released.workspace.store.read() as connection:
        row = connection.execute(select(incident)).mappings().one()
    assert row["actor"].startswith("person-")
    assert row["details"]["reporter"] == row["actor"]
    account = audit.who(NAME)
    assert (account.events[0].actor, account.incidents[0].reporter) == (made.actor, made.actor)
    assert account.events[0].body["reason"] == "wrong refunds"
