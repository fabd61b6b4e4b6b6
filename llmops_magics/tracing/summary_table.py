"""The rows of traces in the store, and how new spans get into both tables at once.

Spans that are stored already, wherever they come from, change nothing. Writers on one PostgreSQL
take turns, as they do on SQLite, so that each folds into the row the one before it left.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, bindparam, insert, select, tuple_
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError

from llmops_magics.storage.bulk import BulkInsert
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import span as span_table
from llmops_magics.storage.table import trace as trace_table
from llmops_magics.tracing.period import drop_between, drop_periods
from llmops_magics.tracing.summary import TraceSummary, fold, summary_from_row
from llmops_magics.tracing.trace import Span

LOCK = "trace"
_CHUNK = 400  # bound values a statement

_ROWS_OF = select(trace_table).where(
    trace_table.c.trace_id.in_(bindparam("trace_ids", expanding=True))
)
_KEYS = tuple_(span_table.c.trace_id, span_table.c.span_id)
_INSERT = BulkInsert(lambda _: insert(span_table))


def store_spans(store: Store, spans: Sequence[Span]) -> int:
    """Write spans and bring the rows of their traces up to date; return how many were new."""
    with store.write(lock=LOCK) as connection:
        fresh = _insert_new(connection, spans)
        if fresh:
            before = stored_rows(connection, {span.trace_id for span in fresh})
            rows = fold(fresh, before)
            _UPSERT.run(connection, rows)
            drop_periods(connection, (span.started_ns for span in fresh))
            for row in rows:
                _drop_renamed(connection, before.get(row["trace_id"]), row)
        return len(fresh)


def _drop_renamed(
    connection: Connection, before: Mapping[str, Any] | None, row: Mapping[str, Any]
) -> None:
    """Drop the sums of calls that turn out to be another notebook's: its name may come last."""
    if before is not None and before["notebook"] != row["notebook"]:
        drop_between(connection, row["started_ns"], row["ended_ns"])


def stored_rows(connection: Connection, trace_ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return the rows that are there, by trace."""
    ids = list(trace_ids)
    rows: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(ids), _CHUNK):
        found = connection.execute(_ROWS_OF, {"trace_ids": ids[start : start + _CHUNK]})
        rows |= {row["trace_id"]: row for row in found.mappings()}
    return rows


def load_summary(store: Store, trace_id: str) -> TraceSummary | None:
    """Return the row of a trace, None when none of it is stored."""
    with store.read() as connection:
        row = stored_rows(connection, [trace_id]).get(trace_id)
    return summary_from_row(row) if row else None


def _insert_new(connection: Connection, spans: Sequence[Span]) -> list[Span]:
    """Insert the spans that are not there yet. Nearly always that is all of them."""
    fresh = list({(span.trace_id, span.span_id): span for span in spans}.values())
    try:
        with connection.begin_nested():
            _INSERT.run(connection, [_row(span) for span in fresh])
    except IntegrityError:
        known = _known(connection, fresh)
        fresh = [span for span in fresh if (span.trace_id, span.span_id) not in known]
        _INSERT.run(connection, [_row(span) for span in fresh])
    return fresh


def _known(connection: Connection, spans: Sequence[Span]) -> set[tuple[str, str]]:
    keys = [(span.trace_id, span.span_id) for span in spans]
    known: set[tuple[str, str]] = set()
    for start in range(0, len(keys), _CHUNK):
        query = select(span_table.c.trace_id, span_table.c.span_id).where(
            _KEYS.in_(keys[start : start + _CHUNK])
        )
        known |= {(trace_id, span_id) for trace_id, span_id in connection.execute(query)}
    return known


def _row(span: Span) -> dict[str, Any]:
    return {**vars(span), "attributes": json.dumps(span.attributes)}


def _upsert(dialect: str) -> Insert:
    into = postgresql_insert if dialect == "postgresql" else sqlite_insert
    statement: Any = into(trace_table)
    changed = {
        column.name: statement.excluded[column.name]
        for column in trace_table.columns
        if not column.primary_key
    }
    upsert: Insert = statement.on_conflict_do_update(index_elements=["trace_id"], set_=changed)
    return upsert


_UPSERT = BulkInsert(_upsert)
