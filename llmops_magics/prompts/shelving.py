"""Put a prompt away or take it out again, and tell who goes on including it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.audit import trail
from llmops_magics.prompts import archiving
from llmops_magics.prompts.graph import read_dependents
from llmops_magics.prompts.label import labels_of
from llmops_magics.prompts.listing import PromptArchive
from llmops_magics.prompts.resolution import require
from llmops_magics.storage.query import reader_of

if TYPE_CHECKING:
    from sqlalchemy import Connection


def put_away(
    connection: Connection, name: str, *, restore: bool, actor: str, reason: str
) -> PromptArchive:
    """Put a prompt away, or with ``restore`` take it out; nothing is written if it is so already.

    Raises ``PromptError`` while a protected label points to a version of it.
    """
    reader = reader_of(connection)
    holders = read_dependents(reader, name, newest=require(reader, name)).dependents
    state = archiving.state_of(reader, name)
    changed = (state is not None and state.archived) is restore
    if changed:
        if not restore:
            archiving.refuse_protected(name, labels_of(reader, name))
        state = archiving.record_state(
            connection, name=name, archived=not restore, actor=actor, reason=reason
        )
        trail.append(
            connection,
            actor=actor,
            action="prompt.restore" if restore else "prompt.archive",
            resource=name,
            body={"reason": reason},
        )
    return PromptArchive(
        name=name,
        archived=not restore,
        changed=changed,
        actor=state.actor if state else "",
        at=state.at if state else "",
        reason=state.reason if state else "",
        dependents=tuple(dict.fromkeys(f"{h.name}@{h.number}" for h in holders)),
    )
