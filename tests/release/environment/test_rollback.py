"""Back to what was served before, also in a freeze, however often."""

from __future__ import annotations

import pytest

from llmops_magics.errors import ReleaseError
from llmops_magics.release.environment.freeze import set_freeze


def test_goes_back_one_version_at_a_time(environment):
    for number in (1, 2, 3):
        environment.promote(number)
    assert [environment.rollback().stable.number for _ in range(2)] == [2, 1]
    assert environment.label() == 1
    with pytest.raises(ReleaseError, match="before that nothing"):
        environment.rollback()


def test_what_was_rolled_back_is_not_gone_back_to(environment):
    for number in (1, 2):
        environment.promote(number)
    environment.rollback()
    environment.promote(3)
    assert environment.rollback().stable.number == 1


def test_a_version_that_was_served_before_can_be_named(environment):
    for number in (1, 2, 3):
        environment.promote(number)
    assert environment.rollback(to=1).stable.number == 1
    with pytest.raises(ReleaseError, match="cannot be rolled back to version 3"):
        environment.rollback(to=3)


def test_under_way_the_candidate_goes_and_the_stable_version_stays(environment):
    environment.promote(1)
    environment.promote(2, 10, 100)
    after = environment.rollback()
    assert (after.state, after.stable.number, after.candidate) == ("serving", 1, None)
    assert environment.label() == 1


def test_after_a_completed_rollout_it_goes_to_the_version_before(environment):
    from llmops_magics.release.environment.stepping import complete

    environment.promote(1)
    environment.promote(2, 10, holdback=5)
    done = environment.change(complete)
    assert (done.state, done.stable.number, done.held.number) == ("holdback", 2, 1)
    after = environment.rollback()
    assert (after.stable.number, after.held, after.state) == (1, None, "serving")


def test_a_freeze_stops_everything_else(environment):
    environment.promote(1)
    environment.promote(2)
    with environment.store.write() as connection:
        set_freeze(connection, "production", frozen=True, actor="ada", reason="Christmas")
    with pytest.raises(ReleaseError, match=r"production is frozen, by ada .* Christmas"):
        environment.promote(3)
    assert environment.rollback().stable.number == 1


def test_nothing_served_is_nothing_to_go_back_to(environment):
    with pytest.raises(ReleaseError, match="has served nothing yet"):
        environment.rollback()
