"""What each collection was filled with, as its builder knows it: documents and chunks by digest.

The collection itself is never asked what it should hold. So what it lost, and what somebody else
put into it, can be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Row, delete, insert, literal, select, update

from llmops_magics.cost.owner import current_owner, is_gone
from llmops_magics.record import format_time, parse_time, utc_now
from llmops_magics.retrieval.index import ledger_query
from llmops_magics.storage.query import Query, Rows, reader_of
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import index_chunk, index_document, index_filling

BATCH = 5000  # rows of one transaction: others that write to the store wait no longer
_IDS = 500
_FILLING = index_filling.c
_DOCUMENT = index_document.c
_CHUNK = index_chunk.c
_Item = TypeVar("_Item")


class DocumentLine(NamedTuple):
    """A document of a filling; ``chunks`` is how many it was cut into."""

    id: str
    digest: str
    source: str
    updated_at: str | None  # RFC 3339: as text, for there may be very many
    chunks: int


class ChunkLine(NamedTuple):
    """A chunk of a filling."""

    id: str
    document_id: str
    content_digest: str
    row_digest: str
    is_long: bool  # longer than the embedder reads
    indexed_at: str  # RFC 3339


class Tally(NamedTuple):
    """Chunks of a filling, different contents among them, and chunks that are too long."""

    chunks: int
    contents: int
    long: int


class Filling(NamedTuple):
    """A collection that is there, or is being filled: ``filled_at`` is empty until it is done."""

    id: int
    corpus: str
    collection: str
    fingerprint: str
    server: str
    owner: str
    created_at: str
    filled_at: str
    confirmed_at: str


class Ledger:
    """The fillings of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, corpus: str, collection: str, fingerprint: str, server: str) -> Filling:
        """Note that a collection is going to be filled, before it is made."""
        values = {
            "corpus": corpus,
            "collection": collection,
            "fingerprint": fingerprint,
            "server": server,
            "owner": current_owner()[:200],
            "created_at": format_time(utc_now()),
        }
        with self._store.write() as connection:
            statement = insert(index_filling).values(**values).returning(_FILLING.id)
            number = int(connection.execute(statement).scalar_one())
        return Filling(number, **values, filled_at="", confirmed_at="")

    def fillings(self, corpus: str) -> tuple[Filling, ...]:
        """Return every filling of a corpus, the newest first."""
        query = select(index_filling).where(_FILLING.corpus == corpus).order_by(_FILLING.id.desc())
        with self._store.read() as connection:
            return tuple(_filling(row) for row in connection.execute(query))

    def filling(self, collection: str) -> Filling | None:
        """Return the filling of a collection."""
        query = select(index_filling).where(_FILLING.collection == collection)
        with self._store.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _filling(row)

    def copy(self, old: int, new: int) -> None:
        """Begin a filling with all that another has."""
        with self._store.write() as connection:
            for table in (index_document, index_chunk):
                rest = [column for column in table.c if column.name != "filling"]
                chosen = select(literal(new), *rest).where(table.c.filling == old)
                names = ["filling", *(column.name for column in rest)]
                connection.execute(insert(table).from_select(names, chosen))

    def add(
        self, filling: int, documents: Iterable[DocumentLine], chunks: Iterable[ChunkLine]
    ) -> None:
        """Write lines, instead of those with the same ids."""
        for some in _batches(documents):
            lines: list[dict[str, Any]] = [
                {
                    "filling": filling,
                    "document_id": line.id,
                    "digest": line.digest,
                    "source": line.source,
                    "updated_at": line.updated_at,
                    "chunks": line.chunks,
                }
                for line in some
            ]
            self._replace(filling, _DOCUMENT.document_id, lines)
        for part in _batches(chunks):
            rows = [{"filling": filling, "chunk_id": c.id, **_chunk_values(c)} for c in part]
            self._replace(filling, _CHUNK.chunk_id, rows)

    def remove(self, filling: int, documents: Sequence[str], chunks: Sequence[str]) -> None:
        """Delete lines."""
        with self._store.write() as connection:
            _delete(connection, filling, _DOCUMENT.document_id, documents)
            _delete(connection, filling, _CHUNK.chunk_id, chunks)

    def documents(self, filling: int) -> dict[str, DocumentLine]:
        """Return the documents of a filling by id."""
        rows = self._rows(ledger_query.DOCUMENTS, filling)
        return {row[0]: DocumentLine(*row) for row in rows}

    def digests(self, filling: int) -> tuple[dict[str, str], list[str | None]]:
        """Return the digest of each document by its id, and when each was changed, as text."""
        rows = self._rows(ledger_query.DOCUMENTS, filling)
        return {row[0]: row[1] for row in rows}, [row[3] for row in rows]

    def times(self, filling: int, ids: Iterable[str]) -> dict[str, datetime]:
        """Return when some documents were changed at their sources, as far as it is known."""
        found: dict[str, datetime] = {}
        with self._store.read() as connection:
            for some in _batches(sorted(set(ids)), _IDS):
                query = select(_DOCUMENT.document_id, _DOCUMENT.updated_at).where(
                    _DOCUMENT.filling == filling, _DOCUMENT.document_id.in_(some)
                )
                rows = connection.execute(query)
                found.update({i: parse_time(at) for i, at in rows if at})
        return found

    def chunks(self, filling: int) -> list[ChunkLine]:
        """Return the chunks of a filling."""
        return [_chunk_line(row) for row in self._rows(ledger_query.CHUNKS, filling)]

    def chunks_of(self, filling: int, documents: Iterable[str]) -> list[ChunkLine]:
        """Return the chunks of some documents."""
        query = select(index_chunk).where(_CHUNK.filling == filling)
        found: list[ChunkLine] = []
        with self._store.read() as connection:
            for some in _batches(sorted(documents), _IDS):
                rows = connection.execute(query.where(_CHUNK.document_id.in_(some)))
                found += [_chunk_line(tuple(row)[1:]) for row in rows]
        return found

    def chunk_ids(self, filling: int) -> set[str]:
        """Return the ids of the chunks of a filling."""
        return {row[0] for row in self._rows(ledger_query.CHUNK_IDS, filling)}

    def contents(self, filling: int) -> dict[str, str]:
        """Return, by content digest, the id of a chunk that has that content."""
        return {row[1]: row[0] for row in self._rows(ledger_query.CONTENTS, filling)}

    def tally(self, filling: int) -> Tally:
        """Count the chunks of a filling."""
        (row,) = self._rows(ledger_query.TALLY, filling)
        return Tally(int(row[0]), int(row[1]), int(row[2] or 0))

    def indexed(self, filling: int) -> list[tuple[str, int]]:
        """Return how many chunks were written at each time, as text."""
        return [(str(row[0]), int(row[1])) for row in self._rows(ledger_query.INDEXED, filling)]

    def finish(self, connection: Connection, filling: int) -> None:
        """Note that a collection is filled, in the transaction that points to it."""
        now = format_time(utc_now())
        statement = update(index_filling).where(_FILLING.id == filling)
        connection.execute(statement.values(filled_at=now, confirmed_at=now))

    def confirm(self, filling: int) -> None:
        """Note that a collection is what its corpus holds now."""
        statement = update(index_filling).where(_FILLING.id == filling)
        with self._store.write() as connection:
            connection.execute(statement.values(confirmed_at=format_time(utc_now())))

    def forget(self, filling: int) -> None:
        """Delete a filling whose collection is gone."""
        with self._store.write() as connection:
            for table in (index_chunk, index_document):
                connection.execute(delete(table).where(table.c.filling == filling))
            connection.execute(delete(index_filling).where(_FILLING.id == filling))

    def _rows(self, query: Query, filling: int) -> Rows:
        """Read without SQLAlchemy's cost a row: there may be very many."""
        with self._store.read() as connection:
            return reader_of(connection).rows(query, at=filling)

    def _replace(self, filling: int, key: Any, rows: list[dict[str, Any]]) -> None:
        with self._store.write() as connection:
            _delete(connection, filling, key, [row[key.name] for row in rows])
            connection.execute(insert(key.table), rows)


def time_text(moment: datetime | None) -> str | None:
    """Return a time as the ledger has it."""
    return None if moment is None else format_time(moment)


def is_given_up(filling: Filling) -> bool:
    """Tell whether nobody fills a collection any more that is not filled.

    To be asked under the lock of the corpus: this process fills nothing else of it. A process of
    another machine cannot be looked for; it has a day.
    """
    age = utc_now() - parse_time(filling.created_at)
    return filling.owner == current_owner() or is_gone(filling.owner) or age > timedelta(days=1)


def _delete(connection: Connection, filling: int, key: Any, ids: Sequence[str]) -> None:
    for some in _batches(ids, _IDS):
        connection.execute(delete(key.table).where(key.table.c.filling == filling, key.in_(some)))


def _chunk_values(line: ChunkLine) -> dict[str, Any]:
    return {
        "document_id": line.document_id,
        "content_digest": line.content_digest,
        "row_digest": line.row_digest,
        "is_long": line.is_long,
        "indexed_at": line.indexed_at,
    }


def _chunk_line(row: Sequence[Any]) -> ChunkLine:
    chunk_id, document_id, content, whole, is_long, indexed_at = row
    return ChunkLine(chunk_id, document_id, content, whole, bool(is_long), indexed_at)


def _filling(row: Row[Any]) -> Filling:
    return Filling._make("" if value is None else value for value in row)


def _batches(items: Iterable[_Item], size: int = BATCH) -> Iterator[list[_Item]]:
    batch: list[_Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
