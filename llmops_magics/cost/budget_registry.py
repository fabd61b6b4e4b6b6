"""Set, list, show and remove budgets; who did so is in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import Connection, delete, insert, select, text
from sqlalchemy.engine import RowMapping

from llmops_magics.audit import trail
from llmops_magics.cost.budget import (
    Budget,
    check,
    from_nano,
    to_nano,
    window_key,
    window_of,
)
from llmops_magics.cost.budget_book import read_budgets
from llmops_magics.cost.forecast import Forecast, forecast
from llmops_magics.cost.ledger import Ledger
from llmops_magics.cost.ledger_statement import UNBREACHED
from llmops_magics.errors import StoreError, UsageError
from llmops_magics.record import Record, format_time, parse_time, utc_now
from llmops_magics.storage.query import reader_of
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import budget as budget_table
from llmops_magics.storage.table import budget_window as window_table

MOST_PAST = 30


@dataclass(frozen=True, kw_only=True)
class PastWindow:
    """What was spent of a budget in an earlier window."""

    start: str
    spent_usd: Decimal
    calls: int
    breached_at: str


@dataclass(frozen=True, kw_only=True)
class BudgetState(Record):
    """A budget as it stands in its present window.

    ``held_usd`` is reserved by calls under way; ``estimated_usd`` of what is spent stands for calls
    whose cost nobody knows; ``lapsed_usd`` was held by processes that ended before they said what
    their calls cost, and is not counted as spent. ``change`` says what was done to the budget just
    now: set, removed or nothing.
    """

    kind: ClassVar[str] = "budget-state"

    budget: Budget
    window_start: str
    renews_at: str
    spent_usd: Decimal = Decimal(0)
    held_usd: Decimal = Decimal(0)
    estimated_usd: Decimal = Decimal(0)
    lapsed_usd: Decimal = Decimal(0)
    calls: int = 0
    unpriced_calls: int = 0
    breached_at: str = ""
    forecast: Forecast | None = None
    past: tuple[PastWindow, ...] = ()
    change: str = ""

    @property
    def left_usd(self) -> Decimal:
        """What is neither spent nor held; never below 0."""
        return max(Decimal(0), self.budget.limit_usd - self.spent_usd - self.held_usd)

    @property
    def share(self) -> float:
        """What part of the limit is spent."""
        return float(self.spent_usd / self.budget.limit_usd)


@dataclass(frozen=True, kw_only=True)
class BudgetList(Record):
    """Every budget as it stands, by name."""

    kind: ClassVar[str] = "budget-list"

    budgets: tuple[BudgetState, ...]


class Spent(NamedTuple):
    """What spans say of a time before the budget was set."""

    usd: Decimal
    first_at: str


SpentSince = Callable[[str, datetime], Spent | None]


class BudgetRegistry:
    """The budgets of one store.

    ``spent_since`` adds up what the calls of a scope have cost since a moment: a budget that is
    set in the middle of its window begins with that.
    """

    def __init__(
        self, store: Store, actor: Callable[[], str], spent_since: SpentSince | None = None
    ) -> None:
        self._store = store
        self._actor = actor
        self._spent_since = spent_since

    def set(self, budget: Budget) -> BudgetState:
        """Set a budget, or set it anew: what is spent already counts. Raises ``UsageError``."""
        now = utc_now()
        given = replace(check(budget), actor=self._actor(), set_at=format_time(now))
        before = self._spent_before(given, now)
        with self._store.write(lock="budget") as connection:
            known = {each.name: each for each in read_budgets(reader_of(connection))}
            old = known.get(given.name)
            connection.execute(delete(budget_table).where(budget_table.c.name == given.name))
            connection.execute(insert(budget_table).values(**_row(given)))
            self._open_window(connection, given, now, before)
            if old is not None and given.limit_usd > old.limit_usd:
                connection.execute(text(UNBREACHED), {"budget": given.name})
            body = {"before": _terms(old) if old else None, "after": _terms(given)}
            self._audit(connection, "budget.set", given.name, body)
        return replace(self.show(given.name), change="set")

    def remove(self, name: str) -> BudgetState:
        """Remove a budget; what was spent of it stays known. Raises ``UsageError``."""
        state = self.show(name)
        with self._store.write(lock="budget") as connection:
            connection.execute(delete(budget_table).where(budget_table.c.name == name))
            self._audit(connection, "budget.remove", name, {"before": _terms(state.budget)})
        return replace(state, change="removed", forecast=None)

    def list(self) -> BudgetList:
        """Return every budget as it stands."""
        with self._store.read() as connection:
            names = [each.name for each in read_budgets(reader_of(connection))]
        return BudgetList(budgets=tuple(self.show(name) for name in names))

    def show(self, name: str) -> BudgetState:
        """Return a budget as it stands, with its past windows; raises ``UsageError``."""
        with suppress(StoreError):  # a store that is only read can be shown all the same
            Ledger(self._store).sweep(name)
        with self._store.read() as connection:
            known = {each.name: each for each in read_budgets(reader_of(connection))}
            if name not in known:
                names = ", ".join(known) or "none"
                raise UsageError(
                    f"there is no budget {name!r}.", hint=f"There are: {names}. See %llm_budget."
                )
            query = (
                select(window_table)
                .where(window_table.c.budget == name)
                .order_by(window_table.c.window_start.desc())
                .limit(MOST_PAST + 1)
            )
            rows = connection.execute(query).mappings().all()
        return _state(known[name], rows, utc_now())

    def _spent_before(self, budget: Budget, now: datetime) -> Spent | None:
        """Return what was spent in a window that nothing was counted in so far."""
        if self._spent_since is None or budget.period == "total":
            return None
        with self._store.read() as connection:
            at = (budget.name, window_key(budget, now))
            columns = (window_table.c.budget, window_table.c.window_start)
            query = select(window_table.c.calls).where(columns[0] == at[0], columns[1] == at[1])
            if connection.execute(query).first() is not None:
                return None
        return self._spent_since(budget.scope, window_of(budget.period, now).start)

    def _open_window(
        self, connection: Connection, budget: Budget, now: datetime, before: Spent | None
    ) -> None:
        key = window_key(budget, now)
        query = select(window_table.c.budget).where(
            window_table.c.budget == budget.name, window_table.c.window_start == key
        )
        if connection.execute(query).first() is not None:
            return
        connection.execute(
            insert(window_table).values(
                budget=budget.name,
                window_start=key,
                spent_nano=to_nano(before.usd) if before else 0,
                opened_at=before.first_at if before else format_time(now),
            )
        )

    def _audit(self, connection: Connection, action: str, name: str, body: dict[str, Any]) -> None:
        trail.append(connection, actor=self._actor(), action=action, resource=name, body=body)


def _row(budget: Budget) -> dict[str, Any]:
    return {
        "name": budget.name,
        "scope": budget.scope,
        "period": budget.period,
        "limit_nano": budget.limit_nano,
        "warn": list(budget.warn),
        "action": budget.action,
        "actor": budget.actor[:200],
        "set_at": budget.set_at,
    }


def _terms(budget: Budget) -> dict[str, Any]:
    return {"limit_usd": budget.limit_usd, "warn": budget.warn, "action": budget.action}


def _state(budget: Budget, rows: Any, now: datetime) -> BudgetState:
    key = window_key(budget, now)
    row: RowMapping | None = next((r for r in rows if r["window_start"] == key), None)
    past = tuple(_past(r) for r in rows if r["window_start"] != key)[:MOST_PAST]
    window = window_of(budget.period, now, budget.set_at)
    started = row["opened_at"] if row and budget.period == "total" else format_time(window.start)
    state = BudgetState(
        budget=budget,
        window_start=started,
        renews_at="" if window.end is None else format_time(window.end),
        past=past,
    )
    if row is None:
        return state
    state = replace(
        state,
        spent_usd=from_nano(row["spent_nano"]),
        held_usd=from_nano(row["held_nano"]),
        estimated_usd=from_nano(row["estimated_nano"]),
        lapsed_usd=from_nano(row["lapsed_nano"]),
        calls=row["calls"],
        unpriced_calls=row["unpriced_calls"],
        breached_at=row["breached_at"] or "",
    )
    return replace(
        state,
        forecast=forecast(
            limit_usd=budget.limit_usd,
            spent_usd=state.spent_usd,
            held_usd=state.held_usd,
            opened=parse_time(row["opened_at"]),
            now=now,
            end=window.end,
        ),
    )


def _past(row: RowMapping) -> PastWindow:
    return PastWindow(
        start=row["window_start"],
        spent_usd=from_nano(row["spent_nano"]),
        calls=row["calls"],
        breached_at=row["breached_at"] or "",
    )
