from datetime import UTC, datetime, timedelta, timezone

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.prompts.moment import read_moment

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "hours_before"),
    [
        ("2026-11-23", 12),
        ("2026-11-23T09:30", 2.5),
        ("2026-11-23T12:00+02:00", 2),
        ("2026-11-23T11:00:00.000000Z", 1),
        ("2h ago", 2),
        ("3d", 72),
        (" 90 min ago ", 1.5),
        (datetime(2026, 11, 23, 11, tzinfo=timezone(timedelta(hours=1))), 2),
        (datetime(2026, 11, 23, 11), 1),  # noqa: DTZ001 -- no zone is UTC
    ],
)
def test_reads(written, hours_before):
    assert NOW - read_moment(written, now=NOW) == timedelta(hours=hours_before)


@pytest.mark.parametrize("written", ["", "soon", "999999w ago", "2026-13-01", "tomorrow", "1y ago"])
def test_refuses_what_is_no_moment(written):
    with pytest.raises(UsageError, match="no moment in time"):
        read_moment(written, now=NOW)


def test_refuses_the_future():
    with pytest.raises(UsageError, match="has not come yet; it is 2026-11-23T12:00:00Z"):
        read_moment("2026-11-24", now=NOW)
