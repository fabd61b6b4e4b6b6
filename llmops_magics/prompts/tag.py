"""Tags: notes on a version, ``key=value``, that may be added to and changed but not taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select

from llmops_magics.errors import PromptError
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.query import Query
from llmops_magics.storage.table import prompt_tag

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.storage.query import Reader

MAX_KEY_CHARS = 80
MAX_VALUE_CHARS = 1000


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags as they are kept; raises ``PromptError`` for one that cannot be."""
    return {_check_key(key): _check_value(key, value) for key, value in tags.items()}


def tags_of(reader: Reader, name: str, number: int) -> dict[str, str]:
    """Return the tags of a version, in the order they were first given."""
    return dict(reader.rows(_OF_VERSION, name=name, number=number))


def all_tags_of(reader: Reader, name: str) -> dict[int, dict[str, str]]:
    """Return the tags of every version of a prompt that has any, by number."""
    found: dict[int, dict[str, str]] = {}
    for number, key, value in reader.rows(_OF_NAME, name=name):
        found.setdefault(number, {})[key] = value
    return found


def add_tags(
    connection: Connection, *, name: str, number: int, tags: Mapping[str, str], actor: str
) -> None:
    """Give a version tags; the caller writes the audit event."""
    if not tags:
        return
    own = {"name": name, "number": number, "actor": actor, "tagged_at": format_time(utc_now())}
    rows = [own | {"key": key, "value": value} for key, value in tags.items()]
    connection.execute(insert(prompt_tag), rows)


def _check_key(key: str) -> str:
    kept = key.strip()
    if not kept or len(kept) > MAX_KEY_CHARS or "=" in kept or not kept.isprintable():
        raise PromptError(
            f"{key[:MAX_KEY_CHARS]!r} is no key of a tag.",
            hint=f"Give key=value, the key in 1 to {MAX_KEY_CHARS} printable characters.",
        )
    return kept


def _check_value(key: str, value: str) -> str:
    kept = str(value).strip()
    if len(kept) > MAX_VALUE_CHARS or not kept.isprintable():
        raise PromptError(
            f"The value of the tag {key[:MAX_KEY_CHARS]!r} is no line of at most "
            f"{MAX_VALUE_CHARS:,} printable characters.",
            hint="Keep what is long in the commit message or the description.",
        )
    return kept


_OF_NAME = Query(
    select(prompt_tag.c.number, prompt_tag.c.key, prompt_tag.c.value)
    .where(prompt_tag.c.name == bindparam("name"))
    .order_by(prompt_tag.c.id)
)
_OF_VERSION = Query(
    select(prompt_tag.c.key, prompt_tag.c.value)
    .where(prompt_tag.c.name == bindparam("name"), prompt_tag.c.number == bindparam("number"))
    .order_by(prompt_tag.c.id)
)
