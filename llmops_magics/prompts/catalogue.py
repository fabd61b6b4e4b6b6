"""The list of prompts: the newest version of each, in light columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.archiving import archived_names
from llmops_magics.prompts.label import labels_of
from llmops_magics.prompts.listing import PromptList, PromptListing
from llmops_magics.prompts.loading import read_details
from llmops_magics.prompts.template import parse
from llmops_magics.storage.query import Query
from llmops_magics.storage.table import prompt_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.storage.query import Reader


def read_list(reader: Reader, *, archived: bool = False) -> PromptList:
    """Return every prompt by name, those that are put away only where ``archived`` says so."""
    away = archived_names(reader)
    return PromptList(
        prompts=tuple(
            _listing(reader, row, row[0] in away)
            for row in reader.rows(_NEWEST)
            if archived or row[0] not in away
        )
    )


def _listing(reader: Reader, row: Sequence[Any], archived: bool) -> PromptListing:
    name, number, digest, message, author, created_at, details, source = row
    return PromptListing(
        name=name,
        number=number,
        digest=digest,
        description=_describe(read_details(details, name, number), source),
        message=message,
        author=author,
        created_at=created_at,
        labels=labels_of(reader, name),
        archived=archived,
    )


def _describe(details: dict[str, Any] | None, source: str | None) -> str:
    if details is not None:
        return str(details["description"])
    try:
        return parse(source or "").description
    except PromptSyntaxError:  # written under older rules
        return ""


def _newest() -> Any:
    version = prompt_version.c
    newest = (
        select(version.name.label("name"), func.max(version.number).label("number"))
        .group_by(version.name)
        .subquery()
    )
    return (
        select(
            version.name,
            version.number,
            version.digest,
            version.message,
            version.author,
            version.created_at,
            version.details,
            case((version.details.is_(None), version.source)),
        )
        .join(newest, (version.name == newest.c.name) & (version.number == newest.c.number))
        .order_by(version.name)
    )


_NEWEST = Query(_newest())
