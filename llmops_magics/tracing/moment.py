"""Moments as people write them: ``2h`` ago, or a date."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from llmops_magics.errors import UsageError

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGO = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([smhdw])")


def moment_ns(text: str) -> int:
    """Return Unix nanoseconds of ``30m``, ``2h`` or ``7d`` ago, or of a date or time (UTC)."""
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return time.time_ns() - round(float(ago[1]) * _UNITS_S[ago[2]] * 1e9)
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1e6) * 1000
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is no time.", hint="Write how long ago (30m, 2h, 7d) or a date (2031-05-30)."
        ) from None
