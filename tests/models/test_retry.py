from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import pytest

from llmops_magics.models import retry
from llmops_magics.models.retry import backoff_s, retry_after_s

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 -0000"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_what_the_endpoint_says(headers, expected):
    assert retry_after_s(headers, NOON) == expected


def test_the_backoff_is_anywhere_below_a_bound_that_doubles(monkeypatch):
    monkeypatch.setattr(retry.random, "uniform", lambda low, high: (low, high))
    assert [backoff_s(failures) for failures in (1, 2, 3)] == [(0, 0.5), (0, 1.0), (0, 2.0)]
    assert backoff_s(10**6) == (0, 30.0)


def test_calls_that_failed_together_do_not_come_back_together():
    assert len({backoff_s(1) for _ in range(100)}) > 90
    assert all(0 <= backoff_s(n) <= 30 for n, _ in zip(count(1), range(50), strict=False))
