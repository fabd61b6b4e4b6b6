"""Roll back: one row, never gated, in a freeze too.

While a rollout is under way its candidate goes, and the stable version stays. Else the environment
goes back to what it served before. Each row knows the generation to go back to (``back``), and what
a row takes over from that one includes its own way back; so going back twice is going two versions
back, however long the history is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_magics.errors import ReleaseError
from llmops_magics.prompts.serving.pointer import SERVING, Pointer, read_generation
from llmops_magics.release.environment.state import Move, look, write
from llmops_magics.release.environment.stepping import without_candidate
from llmops_magics.storage.query import reader_of

if TYPE_CHECKING:
    from sqlalchemy import Connection


def rollback(connection: Connection, move: Move, *, to: int = 0) -> Pointer:
    """Go back one step, or to the version ``to`` that was served before.

    Raises ``ReleaseError`` where nothing was served before, or not that version.
    """
    now = look(connection, move)
    if now is None:
        raise ReleaseError(
            f"{move.resource} has served nothing yet, so there is nothing to roll back.",
            hint=f"llmops release promote {move.prompt} --to {move.environment} is the beginning.",
        )
    if now.is_under_way and to in (0, now.stable.number):
        return write(connection, move, now, without_candidate(now, "rollback"))
    there = _before(connection, now, to)
    after = replace(
        there,
        action="rollback",
        state=SERVING,
        candidate=None,
        held=None,
        share=0.0,
        salt=now.salt,
        rollout_id=now.rollout_id,
        plan=now.plan,
        step=now.step,
    )
    return write(connection, move, now, after)


def _before(connection: Connection, now: Pointer, to: int) -> Pointer:
    """Follow the way back by one, or until a version is met."""
    reader, seen, there = reader_of(connection), [], now
    while there.back:
        found = read_generation(reader, now.environment, now.prompt, there.back)
        if found is None:
            raise ReleaseError(
                f"generation {there.back} of {now.ref} is not in the store.",
                hint="Restore it from a backup; `llmops audit verify` tells what else is missing.",
            )
        there = found
        if to in (0, there.stable.number):
            return there
        seen.append(there.stable.number)
    before = ", ".join(f"version {number}" for number in seen)
    raise ReleaseError(
        f"{now.ref} cannot be rolled back{f' to version {to}' if to else ''}: it serves version "
        f"{now.stable.number}, and before that {before or 'nothing'}.",
        hint="A rollback goes to what the environment served before; promote anything else.",
    )
