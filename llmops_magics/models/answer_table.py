"""The table ``response``: rows by key, first come first kept, the oldest given up first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from llmops_magics.storage.query import Query, read_json
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import response

_BY_KEY = Query(
    select(response.c.body, response.c.created_at).where(response.c.key == bindparam("key"))
)
_INSERTS: dict[str, sqlite.Insert | postgresql.Insert] = {
    "sqlite": sqlite.insert(response),
    "postgresql": postgresql.insert(response),
}


_AT_ONCE = 500  # keys in one query


class AnswerRow(NamedTuple):
    """What stands under a key; a body that cannot be read is None."""

    body: Any
    created_at: str


def find(store: Store, key: str) -> AnswerRow | None:
    """Return the row of a key; raises ``StoreError`` when the store cannot be read."""
    with store.glance() as reader:
        rows = reader.rows(_BY_KEY, key=key)
    if not rows:
        return None
    body, created_at = rows[0]
    try:
        return AnswerRow(read_json(body), str(created_at))
    except ValueError:
        return AnswerRow(None, str(created_at))


def count(store: Store, keys: Sequence[str]) -> int:
    """Return how many of these keys are taken."""
    query = select(func.count()).select_from(response)
    pieces = (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
    with store.read() as connection:
        return sum(
            connection.execute(query.where(response.c.key.in_(piece))).scalar_one()
            for piece in pieces
        )


def add(store: Store, rows: Iterable[Mapping[str, Any]], replacing: frozenset[str]) -> None:
    """Write rows in one transaction; one whose key is taken only if ``replacing`` holds it."""
    statement = _INSERTS[store.engine.dialect.name]
    changed = {name: statement.excluded[name] for name in ("model", "body", "created_at")}
    ways = (
        (statement.on_conflict_do_nothing(), [r for r in rows if r["key"] not in replacing]),
        (
            statement.on_conflict_do_update(index_elements=[response.c.key], set_=changed),
            [r for r in rows if r["key"] in replacing],
        ),
    )
    with store.write() as connection:
        for way, some in ways:
            if some:
                connection.execute(way, sorted(some, key=_key))  # in one order: no deadlock


def prune(store: Store, oldest: str, most: int) -> None:
    """Delete what was written before ``oldest``, and what is older than the newest ``most``."""
    newest = select(response.c.created_at).order_by(response.c.created_at.desc())
    with store.write() as connection:
        connection.execute(delete(response).where(response.c.created_at < oldest))
        if connection.execute(select(func.count()).select_from(response)).scalar_one() > most:
            first_to_go = connection.execute(newest.offset(most).limit(1)).scalar_one()
            connection.execute(delete(response).where(response.c.created_at <= first_to_go))


def _key(row: Mapping[str, Any]) -> str:
    return str(row["key"])
