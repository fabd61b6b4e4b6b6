"""Which versions hold which other prompts' text: what a change of one of them touches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select

from llmops_magics.prompts.archiving import archived_names
from llmops_magics.prompts.label import labels_of
from llmops_magics.prompts.listing import Dependent, PromptDependents
from llmops_magics.prompts.resolution import newest_of
from llmops_magics.prompts.version import Inclusion
from llmops_magics.storage.query import Query, read_json
from llmops_magics.storage.table import prompt_include, prompt_version

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.storage.query import Reader

Edge = tuple[str, str, tuple[str, ...]]  # the included name and digest, the names between


def edges_of(includes: Sequence[Inclusion], through: tuple[str, ...] = ()) -> Iterator[Edge]:
    """Walk what a version includes, directly and through others."""
    for inclusion in includes:
        yield inclusion.name, inclusion.digest, through
        yield from edges_of(inclusion.includes, (*through, inclusion.name))


def add_includes(
    connection: Connection, *, name: str, number: int, includes: Sequence[Inclusion]
) -> None:
    """Note what a new version includes."""
    rows = [
        {
            "name": name,
            "number": number,
            "included": included,
            "included_digest": digest,
            "through": list(through),
        }
        for included, digest, through in dict.fromkeys(edges_of(includes))
    ]
    if rows:
        connection.execute(insert(prompt_include), rows)


def read_dependents(reader: Reader, name: str, *, newest: int) -> PromptDependents:
    """Return the live versions, the newest and the labelled ones, that include a prompt."""
    holders: dict[str, list[Sequence[Any]]] = {}
    for row in reader.rows(_HOLDERS, name=name):
        holders.setdefault(row[0], []).append(row)
    archived = archived_names(reader)
    return PromptDependents(
        name=name,
        newest=newest,
        dependents=tuple(
            dependent
            for holder, rows in holders.items()
            if holder not in archived
            for dependent in _live(reader, holder, rows, newest)
        ),
    )


def _live(
    reader: Reader, holder: str, rows: Sequence[Sequence[Any]], newest: int
) -> Iterator[Dependent]:
    labels = labels_of(reader, holder)
    alive = {newest_of(reader, holder), *labels.values()}
    for _, number, through, included in rows:
        if number not in alive:
            continue
        yield Dependent(
            name=holder,
            number=number,
            labels=tuple(label for label, where in labels.items() if where == number),
            included=included or 0,
            through=tuple(read_json(through)),
            is_behind=(included or 0) < newest,
        )


def _holders() -> Any:
    # The same text may have come back as a later version: the one held is then the later.
    held = (
        select(func.max(prompt_version.c.number))
        .where(
            prompt_version.c.name == prompt_include.c.included,
            prompt_version.c.digest == prompt_include.c.included_digest,
        )
        .scalar_subquery()
    )
    include = prompt_include.c
    return (
        select(include.name, include.number, include.through, held)
        .where(include.included == bindparam("name"))
        .order_by(include.name, include.number.desc(), include.id)
    )


_HOLDERS = Query(_holders())
