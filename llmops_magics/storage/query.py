"""Queries that are asked often: compiled once, read without SQLAlchemy's cost a statement.

SQLAlchemy takes about 0.1 ms to run a statement that SQLite answers in 0.005 ms. A ``Query`` keeps
the SQL text of a Core statement; on SQLite a ``Reader`` hands it straight to the driver, elsewhere
SQLAlchemy runs it as ever. A reader on the driver sees values as SQLite has them: JSON is text
(``read_json`` takes either), a boolean is 0 or 1.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Hashable, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Select, TextClause
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

Rows = Sequence[Any]  # of rows, each a sequence too: a tuple here, SQLAlchemy's Row there
_SQLITE = sqlite_dialect()


class Query:
    """A statement with named parameters: of Core, compiled at first use, or SQL as it stands."""

    def __init__(self, statement: Select[Any] | TextClause) -> None:
        self.statement = statement
        self._compiled: tuple[str, list[str], dict[str, Any]] | None = None

    def for_sqlite(self, parameters: dict[str, Any]) -> tuple[str, list[Any] | dict[str, Any]]:
        """Return the SQL text and the values that SQLite's driver takes with it."""
        if isinstance(self.statement, TextClause):
            return self.statement.text, parameters
        if self._compiled is None:
            compiled = self.statement.compile(dialect=_SQLITE)
            self._compiled = str(compiled), list(compiled.positiontup or ()), dict(compiled.params)
        text, order, constants = self._compiled
        return text, [parameters[n] if n in parameters else constants[n] for n in order]


class Reader(Protocol):
    """Where queries are read: one moment of the store, or one transaction.

    ``origin`` says which database that is: a file that was replaced has another. What was read
    from one of them may be untrue of the other, under the same name.
    """

    @property
    def origin(self) -> Hashable:
        """The database that is read; None where it cannot be replaced unseen."""
        ...

    def rows(self, query: Query, **parameters: Any) -> Rows:
        """Return every row, a tuple each."""
        ...


class DriverReader:
    """Reads from SQLite's own connection."""

    def __init__(self, connection: sqlite3.Connection, origin: Hashable = None) -> None:
        self.connection = connection
        self.origin = origin

    def rows(self, query: Query, **parameters: Any) -> Rows:
        """Return every row, a tuple each."""
        text, values = query.for_sqlite(parameters)
        return self.connection.execute(text, values).fetchall()


class ConnectionReader:
    """Reads from a connection of SQLAlchemy, on any database."""

    origin: Hashable = None

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, query: Query, **parameters: Any) -> Rows:
        """Return every row, a tuple each."""
        return self._connection.execute(query.statement, parameters).all()


def reader_of(connection: Connection) -> Reader:
    """Return a reader inside a connection's transaction: it sees what that has written."""
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            return DriverReader(driver)
    return ConnectionReader(connection)


def read_json(value: Any) -> Any:
    """Return what a JSON column holds, whichever reader gave it."""
    return json.loads(value) if isinstance(value, str) else value
