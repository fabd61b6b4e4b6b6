import pytest

from llmops_magics.errors import UsageError
from llmops_magics.monitoring.window import last, period_s, time_text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("15m", 900), ("24h", 86_400), ("7d", 604_800), ("2w", 1209600)],
)
def test_lengths_of_time(text, seconds):
    assert period_s(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "15", "m", "0m", "-5m", "1.5h", "99999w", "15 minutes", "\u0661m"]
)
def test_what_is_no_length_of_time(text):
    with pytest.raises(UsageError, match="is no length of time"):
        period_s(text)


def test_a_window_ends_now():
    window = last(900, now_ns=1_900_000_000 * 10**9)
    assert (window.since, window.until) == (
        "2030-03-17T17:31:40.000000Z",
        "2030-03-17T17:46:40.000000Z",
    )


def test_a_clock_that_was_far_off_still_gives_a_time():
    assert time_text(-5) == "1970-01-01T00:00:00.000000Z"
    assert time_text(2**63).startswith("2262-")
