"""Who wrote what is released, and so may not approve it: four eyes.

The same content registered again is still its first author's, so everybody who registered this
digest under this name counts, and whom the text itself names as its authors. Names are compared
as people read them: without case, width or blanks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import select

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.template import parse
from llmops_magics.storage.table import prompt_version

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.audit.signing.register import KeyRegister


def authors_of(connection: Connection, prompt: str, digest: str) -> tuple[str, ...]:
    """Return who registered a content under a name, and whom it names itself; oldest first."""
    columns = prompt_version.c
    rows = connection.execute(
        select(columns.author, columns.source)
        .where(columns.name == prompt, columns.digest == digest)
        .order_by(columns.number)
    )
    found = [name for row in rows for name in (row.author, *_named(row.source))]
    return tuple(dict.fromkeys(found))


def same_person(one: str, other: str) -> bool:
    """Tell whether two names are the same to a reader."""
    return plain_name(one) == plain_name(other) != ""


def plain_name(name: str) -> str:
    """Return a name without case, width and blanks."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_author(authors: Iterable[str], name: str) -> bool:
    """Tell whether somebody is among the authors."""
    return any(same_person(each, name) for each in authors)


def holds_key_of(register: KeyRegister, people: Iterable[str], key_id: str) -> bool:
    """Tell whether a key is registered for one of these people, under whatever spelling."""
    owner = register.owner(key_id)
    return bool(owner) and is_author(people, owner)


def _named(source: str) -> tuple[str, ...]:
    try:
        return parse(source, may_be_empty=True).authors
    except PromptSyntaxError:  # it was registered under rules that have changed since
        return ()
