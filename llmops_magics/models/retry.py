"""When to try a call again: what the endpoint says, else exponential backoff with full jitter."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from llmops_magics.record import utc_now

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0


def backoff_s(failures: int, first_s: float = FIRST_BACKOFF_S) -> float:
    """Return how long to wait after so many failures (1 and more), in seconds.

    Uniform between 0 and ``first_s * 2 ** (failures - 1)``, at most half a minute: with calls that
    failed together this spreads the load best (M. Brooker, "Exponential Backoff And Jitter", AWS
    Architecture Blog, 2015).
    """
    exponent = min(failures - 1, 16)  # beyond, the longest holds anyway
    return random.uniform(0, min(LONGEST_BACKOFF_S, first_s * 2**exponent))  # noqa: S311


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return how many seconds the endpoint wants to be left alone; None when it says nothing.

    ``Retry-After`` is a number of seconds or an HTTP date (RFC 9110, section 10.2.3); some
    endpoints give ``retry-after-ms``. What cannot be read counts as nothing said.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get("retry-after")
    seconds = _number(said)
    return seconds if seconds is not None or said is None else _until(said, now or utc_now())


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _until(date: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000": UTC, says RFC 5322
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
