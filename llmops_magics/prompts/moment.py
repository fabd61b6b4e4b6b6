"""A moment in the past, as one writes it: ``2026-11-01``, ``2026-11-01T09:30``, ``2h ago``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from llmops_magics.errors import UsageError
from llmops_magics.record import utc_now

_AGO = re.compile(
    r"(\d{1,6})\s*(s|m|h|d|w|sec|min|second|minute|hour|day|week)s?(?:\s+ago)?", re.IGNORECASE
)
_WORDS = {"now": timedelta(0), "yesterday": timedelta(days=1)}
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_moment(written: datetime | str, *, now: datetime | None = None) -> datetime:
    """Return a moment in UTC; one that names no time zone is taken to be in UTC.

    Raises ``UsageError`` for a text that is none, and for a moment that has not come yet.
    """
    now = now or utc_now()
    moment = written if isinstance(written, datetime) else _read(written.strip(), now)
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    if moment > now:
        raise UsageError(f"{written} has not come yet; it is {now:%Y-%m-%dT%H:%M:%SZ}.")
    return moment


def _read(written: str, now: datetime) -> datetime:
    ago = _AGO.fullmatch(written)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2][0].lower()]: int(ago[1])})
        if written.lower() in _WORDS:
            return now - _WORDS[written.lower()]
        return datetime.fromisoformat(written)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{written[:60]!r} is no moment in time.",
            hint="Write 2026-11-01, 2026-11-01T09:30, 2026-11-01T09:30+02:00, or 2h ago, 3d ago.",
        ) from None
