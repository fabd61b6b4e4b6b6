"""The budgets in force, as a call learns of them: from memory, read anew at most each second.

Without any budget a call is asked nothing more than whether that second is over.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from llmops_magics.cost.budget import Budget, from_nano, window_key, window_of
from llmops_magics.cost.ledger import Part
from llmops_magics.cost.scope import is_within
from llmops_magics.errors import LlmopsError
from llmops_magics.models.chat import ChatRequest
from llmops_magics.models.embedding import EmbeddingRequest
from llmops_magics.record import utc_now
from llmops_magics.storage.query import Query, Reader, read_json
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import budget as budget_table

REFRESH_S = 1.0
_ALL = Query(select(budget_table).order_by(budget_table.c.name))


class BudgetBook:
    """Says which budgets a call is under, in the order of their names."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open_store = open_store
        self._parts: list[tuple[str, Part]] = []
        self._fresh_until = 0.0
        self._complained = False

    def due(self, request: ChatRequest | EmbeddingRequest) -> tuple[Part, ...]:
        """Return what a call has to be counted against; mostly nothing."""
        if time.monotonic() >= self._fresh_until:
            self._refresh()
        if not self._parts:
            return ()
        return tuple(part for scope, part in self._parts if is_within(request, scope))

    def forget(self) -> None:
        """Read the budgets anew at the next call."""
        self._fresh_until = 0.0

    def _refresh(self) -> None:
        now = utc_now()
        try:
            with self._open_store().glance() as reader:
                self._parts = [(each.scope, _part(each, now)) for each in read_budgets(reader)]
        except LlmopsError as error:  # what was known of budgets stays in force
            if not self._complained:
                self._complained = True
                warnings.warn(
                    f"llmops_magics cannot read the budgets ({error.message}); calls go on.",
                    RuntimeWarning,
                    stacklevel=2,
                )
        # Windows begin at midnight: none is kept beyond it.
        until_midnight = (window_of("day", now).end or now) - now
        self._fresh_until = time.monotonic() + min(REFRESH_S, until_midnight.total_seconds())


def read_budgets(reader: Reader) -> tuple[Budget, ...]:
    """Return every budget, by name."""
    return tuple(map(_budget, reader.rows(_ALL)))


def _part(budget: Budget, now: datetime) -> Part:
    key, blocks = window_key(budget, now), budget.action == "block"
    return Part(budget.name, key, blocks, budget.limit_nano, budget.warn)


def _budget(row: Any) -> Budget:
    _, scope, period, limit_nano, warn, action, actor, set_at = row
    return Budget(
        scope=scope,
        period=period,
        limit_usd=from_nano(limit_nano),
        warn=tuple(read_json(warn)),
        action=action,
        actor=actor,
        set_at=set_at,
    )
