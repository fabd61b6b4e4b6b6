"""Labels: names that point to a version and can be moved, with every move kept.

``staging`` and ``production`` are protected: only a release moves them, by calling ``move`` in
its own transaction, beside its audit event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from llmops_magics.errors import PromptError
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.table import label_move

if TYPE_CHECKING:
    from sqlalchemy import Connection

PROTECTED = ("staging", "production")


def check_unprotected(label: str) -> None:
    """Refuse a label that only a release moves."""
    if label in PROTECTED:
        raise PromptError(
            f"The label {label!r} is protected: only a release moves it.",
            hint="Run the release gate for this version, or use a label of your own.",
        )


def labels_of(connection: Connection, name: str) -> dict[str, int]:
    """Return where each label of a prompt points: the version's number, by label."""
    newest = (
        select(func.max(label_move.c.id))
        .where(label_move.c.name == name)
        .group_by(label_move.c.label)
    )
    rows = connection.execute(
        select(label_move.c.label, label_move.c.number)
        .where(label_move.c.id.in_(newest))
        .order_by(label_move.c.label)
    )
    return {row.label: row.number for row in rows}


def move(connection: Connection, *, name: str, label: str, number: int, actor: str) -> None:
    """Point a label, protected or not, to a version; the caller writes the audit event."""
    connection.execute(
        insert(label_move).values(
            name=name, label=label, number=number, actor=actor, moved_at=format_time(utc_now())
        )
    )
