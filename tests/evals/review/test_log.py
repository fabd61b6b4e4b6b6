from __future__ import annotations

import pytest
from reviewed import RUN_ID, samples_of, store_run
from sqlalchemy import text

from llmops_magics.audit import trail
from llmops_magics.errors import StoreError, UsageError
from llmops_magics.evals.review.log import MAX_BODY_BYTES, ReviewLog

KEY = ("case-00000", 0)


@pytest.fixture
def log(store):
    store_run(store, samples_of(3))
    return ReviewLog(store, actor=lambda: "ada")


def test_an_action_is_there_with_who_and_when_and_its_event(log, store):
    made = log.append(RUN_ID, KEY, "agree", {"scorer": "s", "value": True})
    (read,) = log.actions(RUN_ID)
    assert read == made
    assert (read.actor, read.key, read.at[:2]) == ("ada", KEY, "20")
    with store.read() as connection:
        event = next(e for e in trail.events(connection) if e.action == "review.agree")
        assert not trail.verify(connection).problems
    assert (event.resource, event.body["id"]) == (f"eval/{RUN_ID}", made.id)


def test_texts_are_masked_before_they_are_written(log):
    made = log.append(RUN_ID, KEY, "note", {"text": "ask ada.lovelace@example.com"})
    assert "ada.lovelace" not in made.body["text"]
    assert made.body["masked"] is True


def test_texts_are_kept_where_everything_is(store):
    store_run(store, samples_of(3))
    made = ReviewLog(store, redacted=False).append(RUN_ID, KEY, "note", {"text": "a@example.com"})
    assert made.body == {"text": "a@example.com"}


def test_undo_takes_back_ones_own_last_action_and_no_other(log, store):
    log.append(RUN_ID, KEY, "skip", {})
    other = ReviewLog(store, actor=lambda: "bob")
    assert other.undo(RUN_ID) is None
    assert log.undo(RUN_ID).action == "skip"
    assert log.undo(RUN_ID) is None
    assert [each.action for each in log.actions(RUN_ID)] == ["skip", "undo"]


def test_only_what_came_after_is_read(log):
    first = log.append(RUN_ID, KEY, "skip", {})
    second = log.append(RUN_ID, KEY, "note", {"text": "x"})
    assert log.actions(RUN_ID, after=first.id) == (second,)


@pytest.mark.parametrize("action", ["undo", "delete"])
def test_an_action_that_is_none_is_refused(log, action):
    with pytest.raises(UsageError, match="no action"):
        log.append(RUN_ID, KEY, action, {})


def test_a_giant_text_is_refused(log):
    with pytest.raises(UsageError, match="at most"):
        log.append(RUN_ID, KEY, "note", {"text": "x" * (MAX_BODY_BYTES + 1)})


def test_a_run_that_is_not_there_takes_no_action(log):
    with pytest.raises((StoreError, Exception), match=r"(?i)foreign key"):
        log.append("run-none", KEY, "skip", {})
    assert log.actions("run-none") == ()


@pytest.mark.parametrize(
    "change", ["UPDATE review_action SET actor='x'", "DELETE FROM review_action"]
)
def test_history_cannot_be_rewritten(log, store, change):
    log.append(RUN_ID, KEY, "skip", {})
    with pytest.raises(Exception, match="append-only"), store.write() as connection:
        connection.execute(text(change))
