"""What a notebook and its workspace have cost today, told under each cell at next to no price.

The store is asked when a first cell ends and then at most once a minute; what this kernel's cells
cost in between is added up in memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import text

from llmops_magics.errors import LlmopsError
from llmops_magics.storage.query import Query
from llmops_magics.storage.store import Store

REFRESH_S = 60.0
_TODAY = Query(
    text(
        "SELECT notebook, cost_usd FROM trace "
        "WHERE started_ns >= :since AND started_ns < :before AND cost_usd <> '0'"
    )
)


class Today(NamedTuple):
    """US dollars since midnight (UTC), of calls whose price is known."""

    notebook_usd: Decimal
    workspace_usd: Decimal


class RunningTotals:
    """The totals of today, of every process that writes to the store."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self._by_notebook: dict[str, Decimal] = {}
        self._day = ""
        self._asked_at = 0.0

    def add(self, notebook: str, cost_usd: Decimal, started_ns: int) -> Today | None:
        """Add a cell that has just ended; None where the store does not answer."""
        now = time.monotonic()
        day = datetime.now(UTC).date().isoformat()
        if day != self._day or now - self._asked_at >= REFRESH_S:
            try:
                self._by_notebook = self._ask(day, started_ns)
            except LlmopsError:  # the cell's own line is shown all the same
                return None
            self._day, self._asked_at = day, now
        self._by_notebook[notebook] = self._by_notebook.get(notebook, Decimal(0)) + cost_usd
        return Today(self._by_notebook[notebook], sum(self._by_notebook.values(), Decimal(0)))

    def _ask(self, day: str, before_ns: int) -> dict[str, Decimal]:
        """Return today's cost by notebook, up to the cell that is added next."""
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
        totals: dict[str, Decimal] = {}
        since = round(midnight.timestamp()) * 10**9
        with self._store().glance() as reader:
            for notebook, cost in reader.rows(_TODAY, since=since, before=before_ns):
                totals[notebook] = totals.get(notebook, Decimal(0)) + Decimal(cost)
        return totals
