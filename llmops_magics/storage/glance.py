"""Kept connections to an SQLite file for short reads: ``Store.glance``.

A glance begins a transaction of its own, so it sees the last commit of any process, and ends it
before it returns. The connections cannot write. One whose file was replaced meanwhile is not used
again, and a fork starts with none of its parent's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from llmops_magics.errors import StoreError
from llmops_magics.storage.fork import leave_open, renew_in_child
from llmops_magics.storage.place import identify
from llmops_magics.storage.query import DriverReader


class _Kept(NamedTuple):
    """A connection, the database it was opened for, and the list that it goes back to."""

    connection: sqlite3.Connection
    origin: Hashable
    home: list[Any]


class Glances:
    """The kept connections of one SQLite file; a thread takes one and gives it back.

    ``arguments`` and ``options`` are those of ``sqlite3.connect``. A file that a URI names is not
    followed when it is replaced.
    """

    def __init__(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        self._arguments = arguments
        self._options = options | {"check_same_thread": False, "isolation_level": None}
        self._path = "" if options.get("uri") else str(arguments[0])
        self._closings = 0
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Begin with no connection; those that another process opened stay open."""
        leave_open(*getattr(self, "_idle", ()))
        self._idle: list[_Kept] = []

    @contextmanager
    def open(self) -> Iterator[DriverReader]:
        """Give a reader of one moment; raises ``StoreError`` when the file cannot be read."""
        kept = None
        try:
            kept = self._take()
            kept.connection.execute("BEGIN")
            yield DriverReader(kept.connection, kept.origin)
        except sqlite3.Error as error:
            raise StoreError(
                f"cannot read the store: {error}.",
                hint="Check that the file is there, and that no other job holds it.",
            ) from error
        finally:
            if kept is not None:
                self._give_back(kept)

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
        self._closings += 1  # from now on no open file keeps its number from being given anew
        while (kept := self._pop()) is not None:
            kept.connection.close()

    def _take(self) -> _Kept:
        origin = (*identify(self._path), self._closings) if self._path else (self._closings,)
        while (kept := self._pop()) is not None:
            if kept.origin == origin:
                return kept
            kept.connection.close()
        connection: sqlite3.Connection = sqlite3.connect(*self._arguments, **self._options)
        connection.execute("PRAGMA query_only = ON")
        return _Kept(connection, origin, self._idle)

    def _pop(self) -> _Kept | None:
        try:
            return self._idle.pop()
        except IndexError:  # none left, or another thread took it
            return None

    def _give_back(self, kept: _Kept) -> None:
        if kept.home is not self._idle:  # the process forked in the middle of the glance
            leave_open(kept.connection)
            return
        try:
            kept.connection.rollback()  # only ends what was read
        except sqlite3.Error:
            kept.connection.close()
        else:
            self._idle.append(kept)
