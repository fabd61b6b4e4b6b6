"""One door to the database: transactions, SQLite's settings, and migrations at opening.

Several kernels and CI jobs may use one store at once. SQLite runs in WAL mode with foreign keys
on; a write transaction takes its lock at the start (``BEGIN IMMEDIATE``), so that what it read is
still true when it commits. The same code runs on PostgreSQL.

A database file that is replaced while it is open is followed: the next look and the next change
go to the file that has the name now. A fork starts with connections and locks of its own.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from llmops_magics.errors import StoreError
from llmops_magics.storage.artifact import Artifacts
from llmops_magics.storage.fork import leave_open, renew_in_child
from llmops_magics.storage.glance import Glances
from llmops_magics.storage.place import follow
from llmops_magics.storage.private import private_file, private_folder
from llmops_magics.storage.query import ConnectionReader, Reader
from llmops_magics.storage.schema import HEAD, ensure_schema

BUSY_TIMEOUT_MS = 30_000
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))")


class Store:
    """A migrated database and its artifacts."""

    def __init__(self, location: URL, artifacts: Artifacts) -> None:
        self.artifacts = artifacts
        self.options: dict[str, Any] = {}  # of each connection that writes
        self._location = location
        self._engine: Engine | None = None
        self._glances = _glances(location)
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Begin with no connection and a free lock: in a forked child."""
        self._opening = threading.Lock()
        if self._engine is not None:
            leave_open(self._engine.pool)
            self._engine.dispose(close=False)

    @classmethod
    def open(cls, url: str, artifacts_url: str = "") -> Store:
        """Open a store, creating or migrating it where that is needed.

        ``url`` is an SQLAlchemy URL. Raises ``StoreVersionError`` if a newer llmops_magics wrote
        it, ``StoreError`` if it cannot be opened at all.
        """
        location = _parse(url)
        del url  # what shows the variables of a traceback would show the password
        if location is None:
            raise StoreError(
                "the store's address is no database URL.",
                hint="Set LLMOPS_STORE to one such as sqlite:////folder/llmops.db.",
            )
        if location.get_backend_name() == "sqlite":
            location = _make_absolute(location)
            _prepare_folder(Path(location.database or ""))
            artifacts_url = artifacts_url or str(Path(location.database or "").parent / "artifacts")
        if not artifacts_url:
            raise StoreError(
                f"{location.render_as_string()} says nothing of where artifacts go.",
                hint="Set LLMOPS_ARTIFACTS to a folder or an fsspec URL such as s3://bucket/path.",
            )
        store = cls(location, Artifacts(artifacts_url))
        try:
            if store._glances is None or store._glances.revision() != HEAD:
                _prepare_file(location)
                ensure_schema(store.engine)
        except (DBAPIError, ArgumentError, ImportError) as error:
            raise StoreError(
                f"cannot open the store {location.render_as_string()}: "
                f"{getattr(error, 'orig', error)}.",
                hint="Check LLMOPS_STORE, and that the folder or server is there and writable.",
            ) from _tellable(location, error)
        return store

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, made at first use: a glance needs none."""
        with self._opening:
            if self._engine is None:
                self._engine = _create_engine(self._location)
            return self._engine

    @contextmanager
    def glance(self) -> Iterator[Reader]:
        """Give a reader for a few short queries of one moment, at little cost."""
        if self._glances is not None:
            with self._glances.open() as reader:
                yield reader
        else:
            with self.read() as connection:
                yield ConnectionReader(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection to read with: from its first query on, it sees one moment.

        Raises ``StoreError`` when the database does not answer.
        """
        try:
            with self.engine.connect() as connection:
                if connection.dialect.name == "postgresql":  # where each query would see its own
                    connection.execution_options(isolation_level="REPEATABLE READ")
                yield connection
        except (DBAPIError, sqlite3.Error) as error:
            raise _cannot_read(error) from _tellable(self._location, error)

    @contextmanager
    def write(self, *, lock: str = "") -> Iterator[Connection]:
        """Give one write transaction: committed at the end, rolled back on any error.

        ``lock`` names what is changed: writers of the same thing then wait for one another on
        PostgreSQL, as all writers do on SQLite, so what one reads stays true until it commits.
        """
        options = {"llmops_write": True, **self.options}
        try:
            with self.engine.connect().execution_options(**options) as c, c.begin():
                if lock and c.dialect.name == "postgresql":
                    c.execute(_LOCK, {"lock": lock})
                yield c
        except (OperationalError, InterfaceError) as error:
            raise _cannot_write(error) from _tellable(self._location, error)
        except sqlite3.Error as error:  # of a reader on the driver's own connection
            raise _cannot_read(error) from error

    def close(self) -> None:
        """Close every connection."""
        if self._engine is not None:
            self._engine.dispose()
        if self._glances is not None:
            self._glances.close()


def _parse(url: str) -> URL | None:
    try:
        return make_url(url)
    except ArgumentError:
        return None


def _make_absolute(location: URL) -> URL:
    """Fix a file's place now: the engine is made later, perhaps in another current folder."""
    if not _is_plain_file(location):
        return location
    return location.set(database=str(Path(str(location.database)).absolute()))


def _prepare_folder(database: Path) -> None:
    # Prompts, samples and spans are the owner's alone. A folder that was there stays as it is:
    # it may be a shared one.
    with _creating(database.parent):
        private_folder(database.parent)


def _prepare_file(location: URL) -> None:
    """Make the file of a new database, which connecting to it does not."""
    if location.get_backend_name() == "sqlite" and _is_plain_file(location):
        path = Path(str(location.database))
        with _creating(path):
            if not path.exists():
                private_file(path)  # SQLite gives its -wal and -shm the same mode


@contextmanager
def _creating(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot create {path}: {error.strerror}.",
            hint="Run where you may write, or set LLMOPS_STORE.",
        ) from error


def _tellable(location: URL, error: Exception) -> Exception | None:
    """Return the cause to show, or None: the frames of a server's driver hold its password."""
    return error if location.get_backend_name() == "sqlite" else None


def _cannot_write(error: DBAPIError) -> StoreError:
    hint = "Check that there is room, that it may be written to, and that its server is up."
    first = _first(error)
    reason = getattr(first, "orig", first)
    return _busy(first) or StoreError(f"cannot write to the store: {reason}.", hint=hint)


def _first(error: DBAPIError) -> DBAPIError | sqlite3.Error:
    """Return what went wrong first: a full disk has undone the savepoint already."""
    found: BaseException | None = error
    while found is not None and "no such savepoint" in str(found):
        found = found.__context__
    return found if isinstance(found, DBAPIError | sqlite3.Error) else error


def _cannot_read(error: DBAPIError | sqlite3.Error) -> StoreError:
    reason = getattr(error, "orig", error)
    hint = "Check that the disk is well, and that its server is up."
    return _busy(error) or StoreError(f"cannot read the store: {reason}.", hint=hint)


def _busy(error: DBAPIError | sqlite3.Error) -> StoreError | None:
    if "database is locked" not in str(getattr(error, "orig", error)):
        return None
    return StoreError(
        "the store is locked by another process.",
        hint="Wait for it, or see who holds it (a stopped kernel, a copy job).",
    )


def _glances(location: URL) -> Glances | None:
    """Return the kept connections of a file; a database in memory belongs to its engine."""
    is_file = location.database and ":memory:" not in location.database
    if location.drivername not in {"sqlite", "sqlite+pysqlite"} or not is_file:
        return None
    arguments, options = sqlite_dialect().create_connect_args(location)
    return Glances(tuple(arguments), {**options, "timeout": BUSY_TIMEOUT_MS / 1000})


def _is_plain_file(location: URL) -> bool:
    """Tell whether the database is a file under its name: not in memory, and no URI."""
    database = location.database or ""
    return bool(database) and database != ":memory:" and not database.startswith("file:")


def _create_engine(location: URL) -> Engine:
    if location.get_backend_name() != "sqlite":
        return create_engine(location, pool_pre_ping=True)
    engine = create_engine(location, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    if _is_plain_file(location):
        follow(engine, str(location.database))
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late (before the first write): _begin_sqlite says it.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")  # REPLACE must fire delete triggers
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("llmops_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def is_healthy(store: Store) -> bool:
    """Tell whether the database answers at all."""
    try:
        with store.read() as connection:
            return connection.execute(text("SELECT 1")).scalar() == 1
    except StoreError:
        return False
