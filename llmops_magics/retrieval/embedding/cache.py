"""Vectors that were embedded once, by embedder and text: shared by index builds and sweeps.

A SQLite file of its own beside the workspace's store, which may be on another machine and would be
larger by a factor for it. It holds digests and vectors, no texts, and may be deleted at any time.
Any number of processes may use it at once; each batch is one transaction, so that killing a
process loses the batch that it was writing. When it grows over its limit the vectors that were not
used for longest go first; "used" is kept by the day.

Measured with 100,000 vectors of 384 numbers (a file of 211 MB): all are looked up in 1.0 s of CPU,
and as many that are not there in 0.3 (``tests/benchmarks/chunking.py``).
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_magics.errors import RetrievalError
from llmops_magics.storage.private import private_file, private_folder

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

FILE_NAME = "embeddings.sqlite"
DEFAULT_LIMIT_MB = 2000
READ_BATCH = 500  # keys of one statement
BUSY_TIMEOUT_S = 60.0
MAPPED_BYTES = 2**31  # reading 100,000 vectors takes half the CPU that it takes unmapped
KEPT_SHARE = 0.8  # of the limit, after the oldest have gone
_DAY_S = 86_400
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vector (
    key BLOB NOT NULL UNIQUE, used_day INTEGER NOT NULL, numbers BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS vector_used ON vector (used_day);
"""


class EmbeddingCache:
    """The cache in a folder, made at first use; ``limit_mb`` bounds its file."""

    def __init__(self, folder: Path, *, limit_mb: int = DEFAULT_LIMIT_MB) -> None:
        self.path = folder / FILE_NAME
        self._limit_bytes = limit_mb * 1_000_000

    def get(self, fingerprint: str, digests: Sequence[str], dimension: int) -> dict[str, Vectors]:
        """Return the vectors that are there, by content digest; each of shape (dimension,)."""
        import numpy as np

        keys = {_key(fingerprint, each): each for each in digests}
        found: dict[str, Vectors] = {}
        old: list[tuple[int, bytes]] = []
        today = _today()
        with self._opened() as connection:
            for key, used_day, numbers in _rows(connection, list(keys)):
                if len(numbers) == 4 * dimension:  # whatever else is there is no such vector
                    found[keys[key]] = np.frombuffer(numbers, dtype="<f4")
                if used_day != today:
                    old.append((today, key))
            if old:
                with connection:
                    connection.executemany("UPDATE vector SET used_day = ? WHERE key = ?", old)
        return found

    def put(self, fingerprint: str, digests: Sequence[str], vectors: Vectors) -> None:
        """Keep vectors, one row a digest, in one transaction. What is there already stays."""
        today = _today()
        rows = [
            (_key(fingerprint, each), today, vector.astype("<f4").tobytes())
            for each, vector in zip(digests, vectors, strict=True)
        ]
        with self._opened() as connection:
            with connection:
                connection.executemany("INSERT OR IGNORE INTO vector VALUES (?, ?, ?)", rows)
            self._bound(connection)

    def count(self) -> int:
        """Return how many vectors there are."""
        with self._opened() as connection:
            return int(connection.execute("SELECT count(*) FROM vector").fetchone()[0])

    def _bound(self, connection: sqlite3.Connection) -> None:
        """Drop the vectors used least lately when the file has grown over its limit."""
        size = _used_bytes(connection)
        if size <= self._limit_bytes:
            return
        count = int(connection.execute("SELECT count(*) FROM vector").fetchone()[0])
        surplus = count - int(count * KEPT_SHARE * self._limit_bytes / size)
        with connection:
            connection.execute(
                "DELETE FROM vector WHERE rowid IN"
                " (SELECT rowid FROM vector ORDER BY used_day, rowid LIMIT ?)",
                (surplus,),
            )
        connection.execute("PRAGMA incremental_vacuum").fetchall()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file anew: no connection outlives a fork, a thread or a call."""
        try:
            with closing(self._connect()) as connection:
                yield connection
        except sqlite3.Error as error:
            raise RetrievalError(
                f"the cache of embeddings cannot be used: {error} ({self.path}).",
                hint="It holds nothing but vectors: delete the file, and they are made anew.",
            ) from error

    def _connect(self) -> sqlite3.Connection:
        private_folder(self.path.parent)
        is_new = not self.path.exists()
        private_file(self.path)
        connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S)
        try:
            if is_new:  # takes effect only before the first table
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}").fetchall()
            if not connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'vector'"
            ).fetchone():
                connection.executescript(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection


def _rows(
    connection: sqlite3.Connection, keys: Sequence[bytes]
) -> Iterator[tuple[bytes, int, bytes]]:
    for start in range(0, len(keys), READ_BATCH):
        batch = keys[start : start + READ_BATCH]
        marks = ",".join("?" * len(batch))
        yield from connection.execute(
            f"SELECT key, used_day, numbers FROM vector WHERE key IN ({marks})",  # noqa: S608
            batch,
        )


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _key(fingerprint: str, content_digest: str) -> bytes:
    return hashlib.sha256(f"{fingerprint}\0{content_digest}".encode()).digest()


def _today() -> int:
    return int(time.time() // _DAY_S)
