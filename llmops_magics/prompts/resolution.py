"""From a reference to the one version it means now, or to an error that says what there is."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from llmops_magics.errors import PromptReferenceError
from llmops_magics.prompts.archiving import archived_names
from llmops_magics.prompts.label import labels_of
from llmops_magics.storage.query import Query
from llmops_magics.storage.table import prompt_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_magics.prompts.reference import Reference
    from llmops_magics.storage.query import Reader

_SHOWN = 10  # names in an error message


def names_of(reader: Reader) -> list[str]:
    """Return the names of all prompts that are not archived, sorted."""
    archived = archived_names(reader)
    return [name for (name,) in reader.rows(_NAMES) if name not in archived]


def newest_of(reader: Reader, name: str) -> int | None:
    """Return the number of a prompt's newest version, None when it has none."""
    newest: int | None = reader.rows(_NEWEST, name=name)[0][0]
    return newest


def require(reader: Reader, name: str) -> int:
    """Return the number of the newest version; raises ``PromptReferenceError`` for no prompt."""
    newest = newest_of(reader, name)
    if newest is None:
        raise _unknown_prompt(reader, name)
    return newest


def find(reader: Reader, reference: Reference, labels: Mapping[str, int] | None = None) -> int:
    """Return the number of the version that a reference means now.

    ``labels`` are where those of the prompt point, if the caller knows. That a number is there is
    for who loads it to see (``no_version``).
    """
    if reference.number:
        return reference.number
    if reference.digest:
        return _find_digest(reader, reference)
    if not reference.label:
        return require(reader, reference.name)
    labels = labels_of(reader, reference.name) if labels is None else labels
    if reference.label not in labels:
        raise _unknown_label(reader, reference, labels)
    return labels[reference.label]


def no_version(reader: Reader, name: str, number: int) -> PromptReferenceError:
    """Return the error for a number that a prompt does not have."""
    newest = require(reader, name)
    return PromptReferenceError(f"{name!r} has no version {number}.", hint=f"{_range(newest)}.")


def _range(newest: int) -> str:
    return f"It has {'version 1 only' if newest == 1 else f'versions 1 to {newest}'}"


def _unknown_prompt(reader: Reader, name: str) -> PromptReferenceError:
    names = names_of(reader)
    if not names:
        return PromptReferenceError(
            f"There is no prompt {name!r}: none is registered in this workspace.",
            hint=f"Define it with `%%prompt {name}`.",
        )
    close = difflib.get_close_matches(name, names, n=3)
    meant = f" Did you mean {' or '.join(close)}?" if close else ""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return PromptReferenceError(
        f"There is no prompt {name!r}.{meant}",
        hint=f"There are: {', '.join(names[:_SHOWN])}{more}.",
    )


def _unknown_label(
    reader: Reader, reference: Reference, labels: Mapping[str, int]
) -> PromptReferenceError:
    newest = require(reader, reference.name)
    there = ", ".join(f"{label} (version {number})" for label, number in labels.items())
    close = difflib.get_close_matches(reference.label, labels, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    return PromptReferenceError(
        f"{reference.name!r} has no label {reference.label!r}.{meant}",
        hint=f"Its labels: {there or 'none'}. {_range(newest)}.",
    )


def _find_digest(reader: Reader, reference: Reference) -> int:
    """Return the version with that digest, the newest if the same content came back later."""
    prefix = reference.digest
    # The range uses the index, which LIKE does not; "g" follows every hexadecimal digit.
    rows = reader.rows(_BY_DIGEST, name=reference.name, low=prefix, high=f"{prefix}g")
    fitting: dict[str, int] = {
        digest: number for number, digest in rows if digest.startswith(prefix)
    }
    if not fitting:
        require(reader, reference.name)
        raise PromptReferenceError(
            f"No version of {reference.name!r} has a digest that begins with {prefix}."
        )
    if len(fitting) > 1:
        some = list(fitting.items())[:5]
        shown = ", ".join(f"{reference.name}@{number} ({d[:23]}…)" for d, number in some)
        raise PromptReferenceError(
            f"{reference} is ambiguous: it fits {shown}.", hint="Give more digits."
        )
    return next(iter(fitting.values()))


_NAMES = Query(select(prompt_version.c.name).distinct().order_by(prompt_version.c.name))
_OF_NAME = prompt_version.c.name == bindparam("name")
_NEWEST = Query(select(func.max(prompt_version.c.number)).where(_OF_NAME))
_BY_DIGEST = Query(
    select(prompt_version.c.number, prompt_version.c.digest)
    .where(
        _OF_NAME,
        prompt_version.c.digest >= bindparam("low"),
        prompt_version.c.digest < bindparam("high"),
    )
    .order_by(prompt_version.c.number)
)
