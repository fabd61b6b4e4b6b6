"""The rows of a cost report that stand for pruned traces, of which only sums by day are left."""

from __future__ import annotations

from sqlalchemy import Connection

from llmops_magics.cost.report import CostRow
from llmops_magics.tracing.day import Day, pruned_days


def add_pruned(
    found: dict[str, CostRow],
    connection: Connection,
    by: str,
    since_ns: int,
    scope: tuple[str, str] | None,
) -> None:
    """Add the days since a moment to the rows that are found, by key."""
    for day in pruned_days(connection, since_ns):
        if scope is not None and not _holds(day, *scope):
            continue
        row = CostRow(
            key=_pruned_key(by, day),
            calls=day.number("calls"),
            input_tokens=day.number("input_tokens"),
            cached_input_tokens=day.number("cached_input_tokens"),
            output_tokens=day.number("output_tokens"),
            cost_usd=day.money("cost_usd"),
            unpriced_calls=day.number("unpriced_calls"),
            cache_hits=day.number("cached_calls"),
            saved_usd=day.money("saved_usd"),
        )
        before = found.get(row.key)
        found[row.key] = row if before is None else before.plus(row)


def _holds(day: Day, kind: str, value: str) -> bool:
    if kind == "prompt":
        return value in (day.prompt, day.prompt.partition("@")[0])
    return kind == "notebook" and day.notebook == value


def _pruned_key(by: str, day: Day) -> str:
    if by in ("user", "session"):
        return ""
    if by == "prompt":
        return day.prompt.partition("@")[0]
    key: str = getattr(day, "prompt" if by == "version" else by)
    return key
