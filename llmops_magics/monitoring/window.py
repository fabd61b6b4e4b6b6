"""Windows of time: how far back ``--since 24h`` and ``over 15m`` look."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from llmops_magics.errors import UsageError
from llmops_magics.record import format_time

SECOND_NS = 1_000_000_000
MAX_PERIOD_S = 3660 * 86_400
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PERIOD = re.compile(r"([0-9]{1,9})\s*([smhdw])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Window:
    """From ``start_ns`` to before ``end_ns``, Unix nanoseconds. A call counts where it began."""

    start_ns: int
    end_ns: int

    @property
    def since(self) -> str:
        """The start as RFC 3339 text."""
        return time_text(self.start_ns)

    @property
    def until(self) -> str:
        """The end as RFC 3339 text."""
        return time_text(self.end_ns)


def period_s(text: str) -> int:
    """Read ``60s``, ``15m``, ``24h``, ``7d`` or ``2w``, in seconds; ``UsageError`` otherwise."""
    found = _PERIOD.fullmatch(text.strip())
    seconds = int(found[1]) * _UNITS_S[found[2]] if found else 0
    if not 0 < seconds <= MAX_PERIOD_S:
        raise UsageError(
            f"{text!r} is no length of time.", hint="Write it as 60s, 15m, 24h, 7d or 2w."
        )
    return seconds


def last(seconds: float, *, now_ns: int | None = None) -> Window:
    """Return the window of that length that ends now."""
    end = time.time_ns() if now_ns is None else now_ns
    return Window(start_ns=end - int(seconds * SECOND_NS), end_ns=end)


def time_text(ns: int) -> str:
    """Return RFC 3339 text in UTC; a clock that was far off still gives a time."""
    microseconds = min(max(ns // 1000, 0), 253_402_300_799_000_000)
    return format_time(_EPOCH + timedelta(microseconds=microseconds))
