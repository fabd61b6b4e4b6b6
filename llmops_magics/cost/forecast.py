"""When a budget will be breached at the present pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from llmops_magics.record import format_time

LEAST_S = 60.0  # of a shorter time no pace is told
FARTHEST = timedelta(days=3650)


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The pace of spending since a window's first call, and where it leads.

    ``at_end_usd`` is spent + held + pace x time left, None without an end; ``breach_at`` is when
    the limit is reached (RFC 3339), empty if not before the window ends or within ten years.
    """

    per_hour_usd: Decimal
    at_end_usd: Decimal | None
    breach_at: str


def forecast(
    *,
    limit_usd: Decimal,
    spent_usd: Decimal,
    held_usd: Decimal,
    opened: datetime,
    now: datetime,
    end: datetime | None,
) -> Forecast | None:
    """Return where the pace leads; None before there is one."""
    elapsed_s = (now - opened).total_seconds()
    if elapsed_s < LEAST_S or spent_usd <= 0:
        return None
    per_second = spent_usd / Decimal(repr(elapsed_s))
    taken = spent_usd + held_usd
    at_end = None
    if end is not None:
        remaining_s = Decimal(repr(max(0.0, (end - now).total_seconds())))
        at_end = taken + per_second * remaining_s
    until = end or now + FARTHEST
    seconds_left = (limit_usd - taken) / per_second
    breach = ""
    if seconds_left <= 0:
        breach = format_time(now)
    elif seconds_left <= Decimal(repr((until - now).total_seconds())):
        breach = format_time(now + timedelta(seconds=float(seconds_left)))
    return Forecast(per_hour_usd=per_second * 3600, at_end_usd=at_end, breach_at=breach)
