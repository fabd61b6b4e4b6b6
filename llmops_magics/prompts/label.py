"""Labels: names that point to a version and can be moved, with every move kept.

``staging`` and ``production`` are protected: only a release moves them, by calling ``move`` in
its own transaction, beside its audit event. A rollback needs no release: it goes back to what the
label pointed to before (``rollback``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, insert, select, text

from llmops_magics.errors import PromptError
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.query import Query
from llmops_magics.storage.table import label_move

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.storage.query import Reader

PROTECTED = ("staging", "production")


class StoredMove(NamedTuple):
    """One row of ``label_move``: ``number`` is where the label pointed from then on."""

    label: str
    number: int
    actor: str
    moved_at: str
    action: str
    reason: str
    forced: bool


def check_unprotected(label: str) -> None:
    """Refuse a label that only a release moves."""
    if label in PROTECTED:
        raise PromptError(
            f"The label {label!r} is protected: only a release moves it.",
            hint="Run the release gate for this version, or use a label of your own.",
        )


def labels_of(reader: Reader, name: str) -> dict[str, int]:
    """Return where each label of a prompt points: the version's number, by label, sorted."""
    return dict(reader.rows(_LABELS, name=name))


def moves_of(reader: Reader, name: str, label: str = "") -> list[StoredMove]:
    """Return the moves of a prompt's labels, or of one of them, the oldest first."""
    rows = reader.rows(_MOVES_OF_LABEL if label else _MOVES, name=name, label=label)
    return [StoredMove._make([*row[:-1], bool(row[-1])]) for row in rows]


def move(
    connection: Connection,
    *,
    name: str,
    label: str,
    number: int,
    actor: str,
    action: str = "move",
    reason: str = "",
    forced: bool = False,
) -> str:
    """Point a label, protected or not, to a version; the caller writes the audit event.

    Return the time of the move.
    """
    moved_at = format_time(utc_now())
    row = StoredMove(label, number, actor, moved_at, action, reason, forced)
    connection.execute(insert(label_move), row._asdict() | {"name": name})
    return moved_at


def labels_at(moves: Sequence[StoredMove]) -> dict[str, int]:
    """Return where each label pointed after these moves, sorted by label."""
    return dict(sorted({move.label: move.number for move in moves}.items()))


# From label to label in the index: it costs by label, where a GROUP BY would read every move.
_LABELS = Query(
    text("""
    WITH RECURSIVE found(label) AS (
        SELECT min(label) FROM label_move WHERE name = :name
        UNION ALL
        SELECT (SELECT min(label) FROM label_move WHERE name = :name AND label > found.label)
        FROM found WHERE found.label IS NOT NULL
    )
    SELECT label, (
        SELECT number FROM label_move WHERE name = :name AND label = found.label
        ORDER BY id DESC LIMIT 1
    )
    FROM found WHERE label IS NOT NULL ORDER BY label
    """)
)
_COLUMNS = [label_move.c[name] for name in StoredMove._fields]
_OF_NAME = select(*_COLUMNS).where(label_move.c.name == bindparam("name")).order_by(label_move.c.id)
_MOVES = Query(_OF_NAME)
_MOVES_OF_LABEL = Query(_OF_NAME.where(label_move.c.label == bindparam("label")))
