"""The counters of budgets in the store: reserved before a call, settled after it.

Whether a call fits is decided by the one statement that reserves it, so callers of any number of
processes and machines cannot pass a limit together. A call under several budgets is reserved in
all of them or in none, in one transaction. Budgets come in the order of their names, so that two
transactions never wait for each other.

On SQLite the statements go straight to the driver: SQLAlchemy alone would take longer than both.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from llmops_magics.audit import trail
from llmops_magics.cost import ledger_statement as sql
from llmops_magics.cost.owner import current_owner, is_gone
from llmops_magics.errors import StoreError
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.store import BUSY_TIMEOUT_MS, Store


class Part(NamedTuple):
    """One budget that a call is under, and the window that it falls into."""

    budget: str
    window: str
    blocks: bool
    limit_nano: int
    warn: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What one call holds; an amount of None: its price is unknown, and nothing is held."""

    hold_id: str
    parts: tuple[Part, ...]
    amount_nano: int | None


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a call was not let in: the budget it does not fit, and how that stands."""

    part: Part
    spent_nano: int
    held_nano: int


class Crossing(NamedTuple):
    """A threshold that this call, first of all, has passed: a percentage of the limit."""

    part: Part
    percent: int
    spent_nano: int


class _Statements(Protocol):
    def change(self, statement: str, values: dict[str, Any]) -> int: ...
    def rows(self, statement: str, values: dict[str, Any]) -> Sequence[Any]: ...


class Ledger:
    """Reserves and settles; raises ``StoreError`` when the store cannot be written."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def is_near(self) -> bool:
        """Whether a statement takes microseconds, so that it may run on an event loop."""
        return self._store.engine.dialect.name == "sqlite"

    def reserve(
        self, hold_id: str, parts: Sequence[Part], amount_nano: int, ttl_s: float, wait_ms: int
    ) -> Refusal | None:
        """Hold an amount of every budget, or of none and say which one has no room.

        ``wait_ms`` is how long another writer is waited for. A budget that is not there any more
        holds nothing and refuses nothing.
        """
        expires_ms = int((time.time() + ttl_s) * 1000)
        values = {"id": hold_id, "amount": amount_nano, "owner": current_owner()}
        try:
            with self._transaction(wait_ms) as statements:
                for part in parts:
                    at = {**values, "budget": part.budget, "window": part.window}
                    _hold(statements, part, at)
                    statements.change(sql.NOTE_HOLD, {**at, "expires_ms": expires_ms})
        except _Refused as refused:  # and what was held of other budgets is rolled back
            return refused.refusal
        return None

    def settle(
        self, held: Reservation, cost_nano: int | None, wait_ms: int = BUSY_TIMEOUT_MS
    ) -> list[Crossing]:
        """Put what a call cost in place of what it held; None: nobody knows, and the hold counts.

        Returns the thresholds that were passed by it and by no call before.
        """
        amount = held.amount_nano or 0
        cost = amount if cost_nano is None else cost_nano
        estimated = cost if cost_nano is None else 0
        crossed: list[Crossing] = []
        with self._transaction(wait_ms) as statements:
            for part in held.parts:
                at = {"id": held.hold_id, "budget": part.budget, "window": part.window}
                is_held = bool(statements.change(sql.DROP_HOLD, at)) if amount else False
                values = {
                    "freed": amount if is_held else 0,
                    "lapsed": 0 if is_held else amount,
                    "cost": cost,
                    "estimated": estimated,
                    "unpriced": int(held.amount_nano is None and cost_nano is None),
                }
                statements.change(sql.SETTLE, {**at, **values})
                crossed += _crossings(statements, part, at)
        return crossed

    def release(self, held: Reservation) -> None:
        """Give back what a call holds that was never made."""
        with self._transaction(BUSY_TIMEOUT_MS) as statements:
            for part in held.parts:
                at = {"id": held.hold_id, "budget": part.budget, "window": part.window}
                if statements.change(sql.DROP_HOLD, at):
                    statements.change(sql.RELEASE, {**at, "amount": held.amount_nano})

    def breach(self, part: Part, body: dict[str, Any], actor: str) -> bool:
        """Note in the audit trail that a window was breached; False if that is there already."""
        at = {"budget": part.budget, "window": part.window, "now": format_time(utc_now())}
        with self._store.write(lock="budget") as connection:
            connection.execute(text(sql.NEW_WINDOW), at)
            is_first = connection.execute(text(sql.BREACHED), at).rowcount == 1
            if is_first:
                trail.append(
                    connection,
                    actor=actor,
                    action="budget.breach",
                    resource=part.budget,
                    body={"window": part.window, **body},
                )
        return is_first

    def sweep(self, budget: str) -> int:
        """Free what is held by processes that have ended, and what is overdue; return how many."""
        with self._transaction(BUSY_TIMEOUT_MS) as statements:
            holds = statements.rows(sql.HOLDS, {"budget": budget})
        now_ms, gone = time.time() * 1000, {row[3] for row in holds if is_gone(row[3])}
        overdue = [row for row in holds if row[4] < now_ms or row[3] in gone]
        freed = 0
        for hold_id, window, amount, _, _ in overdue:
            with self._transaction(BUSY_TIMEOUT_MS) as statements:
                at = {"id": hold_id, "budget": budget, "window": window, "amount": amount}
                if statements.change(sql.DROP_HOLD, at):
                    statements.change(sql.LAPSE, at)
                    freed += 1
        return freed

    @contextmanager
    def _transaction(self, wait_ms: int) -> Iterator[_Statements]:
        if self.is_near:
            with self._driver(wait_ms) as connection:
                yield _Driver(connection)
        else:
            with self._store.write() as connection:
                yield _Server(connection)

    @contextmanager
    def _driver(self, wait_ms: int) -> Iterator[sqlite3.Connection]:
        try:
            pooled = self._store.engine.raw_connection()
        except (DBAPIError, sqlite3.Error) as error:
            raise _failed(error) from error
        connection: Any = pooled.driver_connection
        try:
            connection.execute(f"PRAGMA busy_timeout = {wait_ms}")
            try:
                connection.execute("BEGIN IMMEDIATE")
            finally:
                connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _failed(error) from error
        finally:
            pooled.close()  # the pool rolls back what was not committed


class _Driver:
    """Statements on SQLite's own connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def change(self, statement: str, values: dict[str, Any]) -> int:
        return self._connection.execute(statement, values).rowcount

    def rows(self, statement: str, values: dict[str, Any]) -> Sequence[Any]:
        return self._connection.execute(statement, values).fetchall()


class _Server:
    """Statements through SQLAlchemy."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def change(self, statement: str, values: dict[str, Any]) -> int:
        return self._connection.execute(text(statement), values).rowcount

    def rows(self, statement: str, values: dict[str, Any]) -> Sequence[Any]:
        return self._connection.execute(text(statement), values).all()


class _Refused(Exception):  # noqa: N818 -- a way out of a transaction, not an error
    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


def _hold(statements: _Statements, part: Part, at: dict[str, Any]) -> None:
    statement = sql.RESERVE if part.blocks else sql.HOLD
    if statements.change(statement, at):
        return
    new = {**at, "now": format_time(utc_now())}
    if statements.change(sql.NEW_WINDOW, new) and statements.change(statement, at):
        return
    [(spent, held, _, limit)] = statements.rows(sql.STATE, at)
    if limit is None:  # the budget was removed a moment ago
        statements.change(sql.HOLD, at)
        return
    part = part._replace(limit_nano=limit)
    raise _Refused(Refusal(part=part, spent_nano=spent, held_nano=held))


def _crossings(statements: _Statements, part: Part, at: dict[str, Any]) -> list[Crossing]:
    found = statements.rows(sql.STATE, at)
    if not found:
        return []
    spent, _, warned, limit = found[0]
    if limit is None:
        return []
    passed = [percent for percent in (*part.warn, 100) if spent * 100 >= limit * percent]
    if not passed or passed[-1] <= warned:
        return []
    if not statements.change(sql.WARNED, {**at, "percent": passed[-1]}):
        return []
    return [Crossing(part._replace(limit_nano=limit), passed[-1], spent)]


def _failed(error: Exception) -> StoreError:
    reason = getattr(error, "orig", error)
    return StoreError(
        f"cannot count against a budget: {reason}.",
        hint="Check that the store may be written to, and that no other job holds it.",
    )
