"""The rows of a cost report that are made of sums: of pruned traces, and of hours and days past."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from llmops_magics.cost.report import CostRow
from llmops_magics.tracing.day import Day
from llmops_magics.tracing.past import COST_KEYS, Past

_OF_SCOPES = {("prompt", "version"), ("notebook", "notebook")}


def add_days(
    found: dict[str, CostRow], days: Iterable[Day], by: str, scope: tuple[str, str] | None
) -> None:
    """Add sums to the rows that are found, by key; a user's and a session's are not told apart."""
    for day in days:
        if not day.number("calls") or (scope is not None and not _holds(day, *scope)):
            continue
        row = CostRow(
            key=_key(by, day),
            calls=day.number("calls"),
            input_tokens=day.number("input_tokens"),
            cached_input_tokens=day.number("cached_input_tokens"),
            output_tokens=day.number("output_tokens"),
            cost_usd=day.money("cost_usd"),
            unpriced_calls=day.number("unpriced_calls"),
            cache_hits=day.number("cached_calls"),
            saved_usd=day.money("saved_usd"),
        )
        add_row(found, row)


def add_kept(found: dict[str, CostRow], past: Past, by: str, scope: tuple[str, str] | None) -> None:
    """Add what is kept of hours and days past; see ``tells`` for what it is known by."""
    for key, costs in past.costs(by):
        names = (key, key.partition("@")[0]) if by == "version" else (key,)
        if scope is not None and scope[1] not in names:
            continue
        row = CostRow(
            key=key,
            calls=costs.calls,
            input_tokens=costs.input_tokens,
            cached_input_tokens=costs.cached_input_tokens,
            output_tokens=costs.output_tokens,
            cost_usd=Decimal(costs.cost_usd),
            unpriced_calls=costs.unpriced_calls,
            cache_hits=costs.cached_calls,
            saved_usd=Decimal(costs.saved_usd),
        )
        add_row(found, row)


def tells(by: str, scope: tuple[str, str] | None) -> bool:
    """Tell whether what is kept says what calls have cost by this key, of this scope alone.

    It has each key by itself: a prompt's calls are told by version, a notebook's by notebook.
    """
    return by in COST_KEYS and (scope is None or (scope[0], by) in _OF_SCOPES)


def add_row(found: dict[str, CostRow], row: CostRow) -> None:
    """Add a row to that of its key."""
    before = found.get(row.key)
    found[row.key] = row if before is None else before.plus(row)


def _holds(day: Day, kind: str, value: str) -> bool:
    if kind == "prompt":
        return value in (day.prompt, day.prompt.partition("@")[0])
    return kind == "notebook" and day.notebook == value


def _key(by: str, day: Day) -> str:
    if by in ("user", "session"):
        return ""
    if by == "prompt":
        return day.prompt.partition("@")[0]
    key: str = getattr(day, "prompt" if by == "version" else by)
    return key
