from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from llmops_magics.audit import trail
from llmops_magics.guard.boundary.decision_log import DecisionLog, Entry
from llmops_magics.guard.boundary.pending import PendingQuestion
from llmops_magics.guard.boundary.policy import Decision, Place, Ruling
from llmops_magics.guard.finding import Finding
from llmops_magics.guard.scan import DetectorRun
from llmops_magics.storage.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield opened
    opened.close()


def entry(action="block", boundary="input"):
    found = Finding(
        kind="pii.email", start=3, end=9, score=1.0, severity="medium", detector="pii", version="2"
    )
    run = DetectorRun(detector="pii", version="2", elapsed_ms=1.23456)
    return Entry(
        place=Place(boundary=boundary, prompt="p@1", environment="prod"),
        subject="message 1 (user)",
        decision=Decision(action=action, rulings=(Ruling(found, action, "r"),), policies=("r",)),
        runs=(run,),
        characters=20,
        excerpt="I [email]",
    )


def test_a_decision_and_its_event_are_written_together(store):
    log = DecisionLog(lambda: store, lambda: "ann")
    log.write([entry(), entry("flag", "output")], trace_id="t" * 32, span_id="s" * 16)
    newest, oldest = log.list().decisions
    assert (newest.boundary, newest.action, oldest.action) == ("output", "flag", "block")
    assert oldest.findings[0]["policy"] == "r"
    assert oldest.detectors == ({"detector": "pii", "version": "2", "ms": 1.235},)
    assert log.list(action="block").total == 1
    assert list(log.list().to_pandas()["actor"]) == ["ann", "ann"]
    with store.read() as connection:
        first = next(iter(trail.events(connection)))
    assert (first.action, first.resource) == ("guard.block", "input:message 1 (user)")
    assert first.body["kinds"] == ["pii.email"]


def test_what_cannot_be_written_whole_is_not_written(store):
    log = DecisionLog(lambda: store, lambda: "ann")
    names = ("id", "at", "expires_at", "boundary", "subject", "reason", "shown", "environment")
    question = PendingQuestion(**dict.fromkeys(names, "x"), actor="ann")
    log.write([], question=question)
    with pytest.raises(IntegrityError):
        log.write([entry("ask")], question=question)  # its id is taken
    assert log.list().total == 0
    with store.read() as connection:
        assert list(trail.events(connection)) == []


@pytest.mark.parametrize(
    "change", ["UPDATE guard_decision SET action = 'x'", "DELETE FROM guard_decision"]
)
def test_a_decision_is_never_changed(store, change):
    DecisionLog(lambda: store, lambda: "ann").write([entry()])
    with pytest.raises(IntegrityError, match="append-only"), store.write() as connection:
        connection.execute(text(change))
