"""Prompts that are put away: out of lists and completion, closed to changes, and still there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, insert, select

from llmops_magics.errors import PromptError
from llmops_magics.prompts.label import PROTECTED
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.query import Query
from llmops_magics.storage.table import prompt_archive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from llmops_magics.storage.query import Reader


class ShelfState(NamedTuple):
    """Whether a prompt is put away, and who said so, when and why."""

    archived: bool
    actor: str
    at: str
    reason: str


def archived_names(reader: Reader) -> frozenset[str]:
    """Return the names of the prompts that are put away."""
    states: dict[str, bool] = dict(reader.rows(_ALL))
    return frozenset(name for name, archived in states.items() if archived)


def state_of(reader: Reader, name: str) -> ShelfState | None:
    """Return what was last said of a prompt, None if it was never put away."""
    rows = reader.rows(_OF_NAME, name=name)
    return ShelfState(bool(rows[0][0]), *rows[0][1:]) if rows else None


def refuse_archived(reader: Reader, name: str) -> None:
    """Raise ``PromptError`` for a prompt that is put away."""
    state = state_of(reader, name)
    if state is not None and state.archived:
        raise PromptError(
            f"The prompt {name!r} is archived: no version or label of it changes.",
            hint=f"Take it out first: `%prompt archive {name} --restore`.",
        )


def refuse_protected(name: str, labels: Mapping[str, int]) -> None:
    """Refuse to put away what a protected label points to: it may be in use."""
    for label in PROTECTED:
        if label in labels:
            raise PromptError(
                f"{name!r} cannot be archived: {label} points to its version {labels[label]}.",
                hint="A prompt that was released stays.",
            )


def record_state(
    connection: Connection, *, name: str, archived: bool, actor: str, reason: str
) -> ShelfState:
    """Note that a prompt is put away, or taken out; the caller writes the audit event."""
    state = ShelfState(archived, actor, format_time(utc_now()), reason)
    connection.execute(insert(prompt_archive), state._asdict() | {"name": name})
    return state


_ALL = Query(select(prompt_archive.c.name, prompt_archive.c.archived).order_by(prompt_archive.c.id))
_OF_NAME = Query(
    select(*(prompt_archive.c[name] for name in ShelfState._fields))
    .where(prompt_archive.c.name == bindparam("name"))
    .order_by(prompt_archive.c.id.desc())
    .limit(1)
)
