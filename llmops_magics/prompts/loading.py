"""From a stored row to the version it holds, checked against its digest; loaded once.

A version never changes, so what was loaded is kept. Labels and tags do change and are no part of
it: the registry puts them on top at every look.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, select

from llmops_magics.errors import PromptSyntaxError, StoreError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.render import variables_of
from llmops_magics.prompts.template import parse
from llmops_magics.prompts.version import PromptVersion
from llmops_magics.record import digest
from llmops_magics.storage.query import Query, read_json
from llmops_magics.storage.table import prompt_version

if TYPE_CHECKING:
    from llmops_magics.storage.query import Reader

MAX_KEPT = 256
MAX_KEPT_CHARS = 16_000_000


class StoredVersion(NamedTuple):
    """One row of ``prompt_version``, as a reader gives it."""

    name: str
    number: int
    digest: str
    source: str
    content: Any
    message: str
    author: str
    created_at: str
    details: Any


class VersionCache:
    """The versions that were loaded last, without labels and tags."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], PromptVersion] = OrderedDict()
        self._chars = 0
        self._lock = threading.Lock()

    def load(self, reader: Reader, name: str, number: int) -> PromptVersion | None:
        """Return a version, or None where there is none; raises ``StoreError`` if damaged."""
        kept = self._kept.get((name, number))
        if kept is not None:
            return kept
        rows = reader.rows(_ROW, name=name, number=number)
        return self.keep(build(StoredVersion(*rows[0]))) if rows else None

    def keep(self, version: PromptVersion) -> PromptVersion:
        """Keep a version that has no labels and tags on it, and return it."""
        with self._lock:
            if (version.name, version.number) not in self._kept:
                self._kept[version.name, version.number] = version
                self._chars += len(version.source)
            while len(self._kept) > MAX_KEPT or self._chars > MAX_KEPT_CHARS:
                _, oldest = self._kept.popitem(last=False)
                self._chars -= len(oldest.source)
        return version


def load_all(reader: Reader, name: str) -> list[PromptVersion]:
    """Return every version of a prompt, the oldest first, without labels and tags."""
    return [build(StoredVersion(*row)) for row in reader.rows(_ROWS, name=name)]


def build(row: StoredVersion) -> PromptVersion:
    """Return the version in a row; raises ``StoreError`` when it is not what was written."""
    content = _read_content(row)
    return assemble(
        content,
        details=read_json(row.details) or details_of(row.source, content),
        name=row.name,
        number=row.number,
        message=row.message,
        author=row.author,
        created_at=row.created_at,
        source=row.source,
    )


def assemble(content: PromptContent, *, details: Mapping[str, Any], **rest: Any) -> PromptVersion:
    """Put a version together; ``rest`` are its fields that are neither content nor details."""
    return PromptVersion(
        digest=content.digest,
        messages=content.messages,
        model=content.model,
        settings=content.settings,
        inputs=content.inputs,
        includes=content.includes,
        examples=content.examples,
        images=content.images,
        tests=content.tests,
        description=details["description"],
        variables=tuple(details["variables"]),
        sample=details["sample"],
        **rest,
    )


def details_of(source: str, content: PromptContent) -> dict[str, Any]:
    """Return what a source says beside its content, for rows that were kept without it.

    A source that today's rules refuse was good when it was registered: it has no description.
    """
    try:
        parsed = parse(source)
    except PromptSyntaxError:
        parsed = None
    return {
        "description": parsed.description if parsed else "",
        "sample": parsed.sample if parsed else {},
        "variables": variables_of(content),
    }


def _read_content(row: StoredVersion) -> PromptContent:
    try:
        body = read_json(row.content)
        if digest(body) == row.digest:
            return PromptContent.from_json(body)
    except (ValueError, TypeError, RecursionError):
        pass  # JSON that is none is damage too
    raise StoreError(
        f"{row.name}@{row.number} is damaged: its content is not its digest.",
        hint="Restore the store from a backup; `llmops audit verify` tells what else changed.",
    )


_SELECT = select(*(prompt_version.c[name] for name in StoredVersion._fields)).where(
    prompt_version.c.name == bindparam("name")
)
_ROW = Query(_SELECT.where(prompt_version.c.number == bindparam("number")))
_ROWS = Query(_SELECT.order_by(prompt_version.c.number))
