"""Numbers as people read them: money, time, shares, intervals.

What is unknown is said to be unknown, never shown as 0, and a cost that is truly nothing is $0.
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite

NOTHING = "\N{EN DASH}"
UNKNOWN = "unknown"
SMALLEST_COST_USD = Decimal("0.000001")
_MINUTE_MS = 60_000


def money(cost_usd: Decimal | None) -> str:
    """Show US dollars with cents, or with two significant digits below one dollar."""
    if cost_usd is None or not cost_usd.is_finite():
        return UNKNOWN
    if cost_usd == 0:
        return "$0"
    if abs(cost_usd) < SMALLEST_COST_USD:
        return "under $0.000001"
    if abs(cost_usd) >= 1:
        return f"${cost_usd:,.2f}"
    places = max(2, 1 - cost_usd.adjusted())
    shown = f"{cost_usd:.{places}f}"
    return f"${shown[:-1] if places > 2 and shown.endswith('0') else shown}"


def total_money(cost_usd: Decimal, unpriced: int, what: str = "call") -> str:
    """Show a sum that may lack prices: a lower bound, and how many it lacks."""
    if not unpriced:
        return money(cost_usd)
    if cost_usd == 0:
        return f"cost unknown ({plural(unpriced, 'unpriced ' + what)})"
    return f"at least {money(cost_usd)} ({plural(unpriced, 'unpriced ' + what)})"


def duration(milliseconds: float | None) -> str:
    """Show milliseconds in the unit that suits them."""
    if milliseconds is None or not isfinite(milliseconds):
        return NOTHING
    if milliseconds < 1:
        return f"{milliseconds:.2f} ms"
    if milliseconds < 999.5:  # what rounds to 1000 ms is a second
        return f"{milliseconds:.0f} ms"
    if milliseconds < _MINUTE_MS:
        return f"{milliseconds / 1000:.1f} s"
    minutes, rest = divmod(round(milliseconds / 1000), 60)
    return f"{minutes:,} min {rest} s"


def count(number: int | None) -> str:
    """Show a whole number with thousands apart."""
    return NOTHING if number is None else f"{number:,}"


def plural(number: int, noun: str) -> str:
    """``1 case``, ``2 cases``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def share(fraction: float | None) -> str:
    """Show a proportion as a percentage with one decimal."""
    return NOTHING if fraction is None or not isfinite(fraction) else f"{fraction:.1%}"


def number(value: float | None) -> str:
    """Show a plain number with three decimals, or three digits below one; no trailing zeros."""
    if value is None or not isfinite(value):
        return NOTHING
    if value and not 1 <= abs(value) < 1e6:
        return f"{value:.3g}"
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def score(value: float | None, *, is_proportion: bool) -> str:
    """Show a mean in the scorer's own terms: a percentage, or a number."""
    return share(value) if is_proportion else number(value)


def difference(value: float | None, *, is_proportion: bool) -> str:
    """Show a difference with its sign, in percentage points where it is one of proportions."""
    if value is None or not isfinite(value):
        return NOTHING
    size = f"{abs(value) * 100:.1f} pts" if is_proportion else number(abs(value))
    return f"{_sign(value)}{size}"


def interval(low: float | None, high: float | None, *, is_proportion: bool) -> str:
    """``72.1% to 93.0%``, or a dash when there is none."""
    if low is None or high is None:
        return NOTHING
    return (
        f"{score(low, is_proportion=is_proportion)} to {score(high, is_proportion=is_proportion)}"
    )


def difference_interval(low: float | None, high: float | None, *, is_proportion: bool) -> str:
    """Show the interval of a difference, in percentage points for one of proportions."""
    if low is None or high is None:
        return NOTHING
    ends = (difference(end, is_proportion=is_proportion) for end in (low, high))
    return " to ".join(end.removesuffix(" pts") for end in ends)


def short_digest(digest: str) -> str:
    """Name the algorithm and the first twelve characters."""
    algorithm, colon, value = digest.partition(":")
    return f"{algorithm}:{value[:12]}" if colon else digest[:12]


def moment(timestamp: str) -> str:
    """Cut an RFC 3339 time to the second: ``2030-01-31 09:15:00 UTC``."""
    day, separator, rest = timestamp.partition("T")
    return f"{day} {rest[:8]} UTC" if separator and timestamp.endswith("Z") else timestamp


def _sign(value: float) -> str:
    if value == 0:
        return "±"
    return "+" if value > 0 else "\N{MINUS SIGN}"
