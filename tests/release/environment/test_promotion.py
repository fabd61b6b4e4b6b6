"""A version is served at once or as a candidate, and its label goes with the stable one."""

from __future__ import annotations

import pytest

from llmops_magics.audit.trail import events, verify
from llmops_magics.errors import PromptError, ReleaseConflictError, ReleaseError

NAME = "support/answer"


def actions(environment):
    with environment.store.read() as connection:
        return [e for e in events(connection) if e.action.startswith("release.")]


def test_the_first_version_is_served_at_once_whatever_its_steps(environment):
    after = environment.promote(1, 1, 10)
    assert (after.generation, after.state, after.stable.number) == (1, "serving", 1)
    assert environment.label() == 1


def test_a_candidate_has_the_first_share_and_the_label_stays(environment):
    environment.promote(1)
    after = environment.promote(2, 5, 100)
    assert (after.state, after.share, after.step) == ("rolling", 0.05, 0)
    assert (after.stable.number, after.candidate.number) == (1, 2)
    assert after.salt == f"{NAME}:{after.rollout_id}"
    assert environment.label() == 1


def test_two_rollouts_at_once_are_one_too_many(environment):
    environment.promote(1)
    environment.promote(2, 5)
    with pytest.raises(ReleaseError, match="A rollout of version 2 is under way"):
        environment.promote(3)


def test_what_is_served_already_is_not_written_again(environment):
    environment.promote(1)
    assert environment.promote(1, 5).generation == 1
    assert len(actions(environment)) == 1


def test_the_event_says_before_and_after(environment):
    environment.promote(1)
    environment.promote(2)
    event = actions(environment)[-1]
    assert (event.action, event.resource, event.actor) == (
        "release.promote", f"{NAME}@production", "ada",
    )  # fmt: skip
    body = event.body
    assert body["before"]["stable"]["number"] == 1
    assert body["after"]["stable"]["number"] == 2
    assert (body["reason"], body["evidence"]) == ("why", [])
    with environment.store.read() as connection:
        assert verify(connection).problems == ()


def test_a_label_that_was_there_before_is_taken_over(environment):
    after = environment.promote(2, 5, labelled=environment.bundle(1))
    assert (after.generation, after.stable.number, after.state) == (2, 1, "rolling")
    assert [event.action for event in actions(environment)] == [
        "release.adopt", "release.promote",
    ]  # fmt: skip


def test_a_decision_on_what_is_past_is_refused_and_writes_nothing(environment):
    environment.promote(1)
    environment.promote(2)
    with pytest.raises(ReleaseConflictError, match="generation 1 was expected, and it is 2"):
        environment.promote(3, expected=1)
    assert len(actions(environment)) == 2


def test_the_holdback_stays_with_the_version_before(environment):
    environment.promote(1)
    after = environment.promote(2, holdback=10)
    assert (after.state, after.stable.number, after.held.number) == ("holdback", 2, 1)


def test_an_archived_prompt_is_not_promoted(environment):
    environment.registry.archive(NAME)
    with pytest.raises(PromptError, match="is archived"):
        environment.promote(1)
