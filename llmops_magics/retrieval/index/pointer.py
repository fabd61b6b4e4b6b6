"""Which index a corpus uses: the newest of its moves, which nobody can change.

A move and its audit event commit in one transaction. What has no move pointing to it is seen by no
query, however much of it is written.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from llmops_magics.audit import trail
from llmops_magics.errors import RetrievalError
from llmops_magics.record import format_time, utc_now
from llmops_magics.retrieval.index.manifest import IndexManifest, manifest_from
from llmops_magics.storage.table import index_move

DROP = "drop"
_MOVE = index_move.c


class Pointers(NamedTuple):
    """The index in use, and the one that a revert goes to."""

    current: IndexManifest | None
    before: IndexManifest | None


def read_pointers(connection: Connection, corpus: str) -> Pointers:
    """Return where a corpus points, and where it pointed before that."""
    rows = connection.execute(
        select(_MOVE.action, _MOVE.collection, _MOVE.body)
        .where(_MOVE.corpus == corpus)
        .order_by(_MOVE.id.desc())
    )
    current: IndexManifest | None = None
    for row in rows:
        if row.action == DROP:
            break
        if current is None:
            current = manifest_from(row.body)
        elif row.collection != current.collection:
            return Pointers(current, manifest_from(row.body))
    return Pointers(current, None)


def current_manifest(connection: Connection, corpus: str) -> IndexManifest:
    """Return the manifest of the index in use; raises ``RetrievalError`` for none."""
    found = read_pointers(connection, corpus).current
    if found is None:
        names = [each.corpus for each in current_manifests(connection)]
        raise RetrievalError(
            f"no corpus is called {corpus!r}." if not names else f"{corpus!r} has no index.",
            hint=f"There are: {', '.join(names)}." if names else "None has been indexed yet.",
        )
    return found


def current_manifests(connection: Connection) -> tuple[IndexManifest, ...]:
    """Return the index in use of every corpus that has one, by name."""
    newest = select(func.max(_MOVE.id)).group_by(_MOVE.corpus)
    rows = connection.execute(
        select(_MOVE.action, _MOVE.body).where(_MOVE.id.in_(newest)).order_by(_MOVE.corpus)
    )
    return tuple(manifest_from(row.body) for row in rows if row.action != DROP)


def move(
    connection: Connection, manifest: IndexManifest, action: str, *, actor: str, **told: object
) -> None:
    """Make a manifest its corpus's current one (or with ``drop`` none), and note who did so."""
    body = manifest.to_dict()
    connection.execute(
        insert(index_move).values(
            corpus=manifest.corpus,
            action=action,
            fingerprint=manifest.fingerprint,
            collection=manifest.collection,
            body=body,
            actor=actor[:200],
            at=format_time(utc_now()),
        )
    )
    trail.append(
        connection,
        actor=actor,
        action=f"index.{action}",
        resource=f"corpus/{manifest.corpus}",
        body={**body, **told},
    )
