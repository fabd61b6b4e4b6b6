from datetime import UTC, datetime, timedelta, timezone

import pytest

from llmops_magics.errors import PromptReferenceError
from llmops_magics.record import parse_time

TICK = timedelta(microseconds=1)


def test_each_moment_has_the_versions_and_labels_of_then(registry):
    one = parse_time(registry.register("a", "one").created_at)
    first = parse_time(registry.label("a", "mine").moved_at)
    two = parse_time(registry.register("a", "two").created_at)
    second = parse_time(registry.label("a", "mine").moved_at)
    back = parse_time(registry.rollback("a", "mine").moved_at)
    registry.label("a", "other")
    expected = {
        one - TICK: (None, {}),
        one: (1, {}),
        first: (1, {"mine": 1}),
        two: (2, {"mine": 1}),
        second: (2, {"mine": 2}),
        back: (2, {"mine": 1}),
    }
    for moment, state in expected.items():
        snapshot = registry.snapshot("a", moment)
        assert (snapshot.newest, snapshot.labels) == state
        assert (snapshot.newest_now, snapshot.now) == (2, {"mine": 1, "other": 2})


def test_a_moment_is_the_same_in_every_zone_and_utc_without_one(registry):
    made = parse_time(registry.register("a", "one").created_at)
    east = made.astimezone(timezone(timedelta(hours=5)))
    assert registry.snapshot("a", east) == registry.snapshot("a", made.replace(tzinfo=None))
    assert registry.snapshot("a", made).at == registry.get("a").created_at


def test_the_far_past_and_the_far_future_are_moments_too(registry):
    registry.register("a", "one")
    assert registry.snapshot("a", datetime(1, 1, 2, tzinfo=UTC)).newest is None
    assert registry.snapshot("a", datetime(9999, 12, 30, tzinfo=UTC)).newest == 1


def test_a_prompt_that_never_was_has_no_past(registry):
    with pytest.raises(PromptReferenceError, match="no prompt"):
        registry.snapshot("a", datetime.now(UTC))
