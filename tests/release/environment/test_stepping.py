"""A rollout's steps: shares grow, nobody changes sides, and its end is one row."""

from __future__ import annotations

import pytest

from llmops_magics.errors import ReleaseConflictError, ReleaseError
from llmops_magics.prompts.serving.assignment import assign
from llmops_magics.release.environment import stepping
from llmops_magics.release.environment.freeze import set_freeze

KEYS = [f"user {n}" for n in range(500)]


@pytest.fixture
def rolling(environment):
    environment.promote(1)
    environment.promote(2, 10, 50, 100)
    return environment


def test_shares_grow_to_the_end(rolling):
    assert [rolling.step(share).step for share in (0.5, 1.0)] == [1, 2]
    with pytest.raises(ReleaseError, match="cannot go to 50%: shares grow"):
        rolling.step(0.5)


def test_a_pause_and_a_resume_reshuffle_nobody(rolling):
    def arms(pointer):
        return [assign(pointer, key) for key in KEYS]

    before = rolling.step(0.5)
    paused = rolling.change(stepping.pause)
    with pytest.raises(ReleaseError, match="is paused"):
        rolling.step(0.7)
    resumed = rolling.change(stepping.resume)
    assert arms(before) == arms(paused) == arms(resumed)
    assert (paused.state, resumed.state) == ("paused", "rolling")


def test_complete_moves_the_label_and_keeps_the_way_back(rolling):
    after = rolling.change(stepping.complete)
    assert (after.stable.number, after.candidate, after.state) == (2, None, "serving")
    assert (rolling.label(), rolling.rollback().stable.number) == (2, 1)


def test_abort_ends_where_it_began(rolling):
    after = rolling.change(stepping.abort)
    assert (after.action, after.state, after.stable.number) == ("abort", "serving", 1)
    with pytest.raises(ReleaseError, match="No rollout is under way"):
        rolling.change(stepping.abort)


def test_in_a_freeze_a_rollout_pauses_and_ends_and_does_not_go_on(rolling):
    with rolling.store.write() as connection:
        set_freeze(connection, "production", frozen=True, actor="ada")
    for act, arguments in ((stepping.step, (0.5,)), (stepping.complete, ())):
        with pytest.raises(ReleaseError, match="is frozen"):
            rolling.change(act, *arguments)
    rolling.change(stepping.pause)
    with pytest.raises(ReleaseError, match="is frozen"):
        rolling.change(stepping.resume)
    assert rolling.change(stepping.abort).state == "serving"


def test_a_lost_lease_writes_nothing(rolling):
    def check(_connection):
        raise ReleaseConflictError("the lease is another's.")

    with pytest.raises(ReleaseConflictError, match="another's"):
        rolling.step(0.5, check=check)
    assert rolling.step(0.5, expected=2).generation == 3


def test_the_shadow_has_no_share_until_it_is_stepped(environment):
    environment.promote(1)
    shadow = environment.promote(2, 10, shadow=True)
    assert (shadow.state, shadow.share) == ("shadow", 0.0)
    assert {assign(shadow, key) for key in KEYS} == {"stable"}
    assert environment.step(0.1).state == "rolling"
