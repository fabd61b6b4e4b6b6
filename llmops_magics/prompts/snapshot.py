"""What a prompt's references meant at a moment in the past, replayed from what was kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from llmops_magics.prompts.history import PromptSnapshot
from llmops_magics.prompts.label import labels_at, moves_of
from llmops_magics.record import format_time
from llmops_magics.storage.query import Query
from llmops_magics.storage.table import prompt_version

if TYPE_CHECKING:
    from llmops_magics.storage.query import Reader


def read_snapshot(reader: Reader, name: str, at: datetime, *, newest: int) -> PromptSnapshot:
    """Return what the newest version and every label were; ``at`` is in UTC if it has no zone."""
    moment = format_time(at.replace(tzinfo=at.tzinfo or UTC))
    moves = moves_of(reader, name)
    return PromptSnapshot(
        name=name,
        at=moment,
        newest=reader.rows(_NEWEST_AT, name=name, at=moment)[0][0],
        labels=labels_at([move for move in moves if move.moved_at <= moment]),
        now=labels_at(moves),
        newest_now=newest,
    )


_NEWEST_AT = Query(
    select(func.max(prompt_version.c.number)).where(
        prompt_version.c.name == bindparam("name"),
        prompt_version.c.created_at <= bindparam("at"),
    )
)
