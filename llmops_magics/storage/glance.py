"""Kept connections to an SQLite file for short reads: ``Store.glance``.

A glance begins a transaction of its own, so it sees the last commit of any process, and ends it
before it returns. The connections cannot write. A fork starts with none of its parent's: SQLite
forbids to use, and even to close, a connection that another process opened.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from llmops_magics.errors import StoreError
from llmops_magics.storage.query import DriverReader

_INHERITED: list[sqlite3.Connection] = []  # never closed here: they are the parent's


class Glances:
    """The kept connections of one SQLite file; a thread takes one and gives it back."""

    def __init__(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        self._arguments = arguments
        self._options = options | {"check_same_thread": False, "isolation_level": None}
        self._idle: list[sqlite3.Connection] = []
        self._owner = os.getpid()
        self._lock = threading.Lock()

    @contextmanager
    def open(self) -> Iterator[DriverReader]:
        """Give a reader of one moment; raises ``StoreError`` when the file cannot be read."""
        connection = None
        try:
            connection = self._take()
            connection.execute("BEGIN")
            yield DriverReader(connection)
        except sqlite3.Error as error:
            raise StoreError(
                f"cannot read the store: {error}.",
                hint="Check that the file is there, and that no other job holds it.",
            ) from error
        finally:
            if connection is not None:
                self._give_back(connection)

    def revision(self) -> str | None:
        """Return the schema's revision, None when there is none or the file is no database."""
        try:
            with self.open() as reader:
                found = reader.connection.execute("SELECT version_num FROM alembic_version")
                row = found.fetchone()
        except StoreError:
            return None
        return row[0] if row else None

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        self._leave_parents()
        while self._idle:
            with suppress(IndexError):  # another thread took it
                self._idle.pop().close()

    def _take(self) -> sqlite3.Connection:
        self._leave_parents()
        try:
            return self._idle.pop()
        except IndexError:
            connection: sqlite3.Connection = sqlite3.connect(*self._arguments, **self._options)
            connection.execute("PRAGMA query_only = ON")
            return connection

    def _leave_parents(self) -> None:
        if os.getpid() == self._owner:
            return
        with self._lock:
            if os.getpid() != self._owner:
                _INHERITED.extend(self._idle)
                self._idle = []
                self._owner = os.getpid()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        try:
            connection.rollback()  # only ends what was read
        except sqlite3.Error:
            connection.close()
        else:
            self._idle.append(connection)
