"""From a reference to the one row it means, or to an error that says what there is."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from llmops_magics.errors import PromptReferenceError
from llmops_magics.prompts.label import labels_of
from llmops_magics.storage.table import prompt_version

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from llmops_magics.prompts.reference import Reference

_SHOWN = 10  # names in an error message


def names_of(connection: Connection) -> list[str]:
    """Return the names of all prompts, sorted."""
    column = prompt_version.c.name
    return list(connection.execute(select(column).distinct().order_by(column)).scalars())


def find(connection: Connection, reference: Reference) -> Row[Any]:
    """Return the row of ``prompt_version`` that a reference means now."""
    newest = connection.execute(
        select(func.max(prompt_version.c.number)).where(prompt_version.c.name == reference.name)
    ).scalar()
    if newest is None:
        raise _unknown_prompt(connection, reference)
    if reference.digest:
        return _find_digest(connection, reference)
    number = reference.number or newest
    if reference.label:
        number = _find_label(connection, reference, newest)
    row = connection.execute(
        select(prompt_version).where(
            prompt_version.c.name == reference.name, prompt_version.c.number == number
        )
    ).first()
    if row is None:
        raise PromptReferenceError(
            f"{reference.name!r} has no version {number}.",
            hint=f"It has {_range(newest)}.",
        )
    return row


def _range(newest: int) -> str:
    return "version 1 only" if newest == 1 else f"versions 1 to {newest}"


def _unknown_prompt(connection: Connection, reference: Reference) -> PromptReferenceError:
    names = names_of(connection)
    if not names:
        return PromptReferenceError(
            f"There is no prompt {reference.name!r}: none is registered in this workspace.",
            hint=f"Define it with `%%prompt {reference.name}`.",
        )
    close = difflib.get_close_matches(reference.name, names, n=3)
    meant = f" Did you mean {' or '.join(close)}?" if close else ""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return PromptReferenceError(
        f"There is no prompt {reference.name!r}.{meant}",
        hint=f"There are: {', '.join(names[:_SHOWN])}{more}.",
    )


def _find_label(connection: Connection, reference: Reference, newest: int) -> int:
    pointers = labels_of(connection, reference.name)
    if reference.label in pointers:
        return pointers[reference.label]
    there = ", ".join(f"{label} (version {number})" for label, number in pointers.items())
    close = difflib.get_close_matches(reference.label, pointers, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    raise PromptReferenceError(
        f"{reference.name!r} has no label {reference.label!r}.{meant}",
        hint=f"Its labels: {there or 'none'}. It has {_range(newest)}.",
    )


def _find_digest(connection: Connection, reference: Reference) -> Row[Any]:
    """Return the version with that digest, the newest if the same content came back later."""
    rows = connection.execute(
        select(prompt_version)
        .where(
            prompt_version.c.name == reference.name,
            prompt_version.c.digest.startswith(reference.digest),
        )
        .order_by(prompt_version.c.number.desc())
    ).all()
    if not rows:
        raise PromptReferenceError(
            f"No version of {reference.name!r} has a digest that begins with {reference.digest}."
        )
    if len({row.digest for row in rows}) > 1:
        fitting = ", ".join(f"{row.name}@{row.number} ({row.digest[:23]}…)" for row in rows[:5])
        raise PromptReferenceError(
            f"{reference} is ambiguous: it fits {fitting}.", hint="Give more digits."
        )
    return rows[0]
