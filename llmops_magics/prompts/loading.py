"""From a stored row to the version it holds, checked against its digest; loaded once.

A version never changes, so what was loaded is kept; who asks for it gets a copy, which is theirs to
change. Labels and tags do change and are no part of it: the registry puts them on top at every
look.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import TemplateSyntaxError
from sqlalchemy import bindparam, select

from llmops_magics.errors import PromptSyntaxError, StoreError
from llmops_magics.prompts.compilation import COMPILE_ERRORS
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.render import variables_of
from llmops_magics.prompts.template import parse
from llmops_magics.prompts.version import Example, Examples, PromptVersion
from llmops_magics.record import digest
from llmops_magics.storage.fork import renew_in_child
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
        self._kept: OrderedDict[tuple[Hashable, str, int], PromptVersion] = OrderedDict()
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Take a free lock and count anew: another thread may have been about to, at a fork."""
        self._lock = threading.Lock()
        self._chars = sum(len(version.source) for version in self._kept.values())

    def load(self, reader: Reader, name: str, number: int) -> PromptVersion | None:
        """Return a copy of a version, or None if there is none; raises ``StoreError`` if damaged.

        It has no labels and tags.
        """
        version = self._kept.get((reader.origin, name, number))
        if version is None:
            rows = reader.rows(_ROW, name=name, number=number)
            if not rows:
                return None
            version = build(StoredVersion(*rows[0]))
            self.keep(version, reader.origin)
        return copy_of(version)

    def keep(self, version: PromptVersion, origin: Hashable) -> None:
        """Keep a version of a database; it has no labels and tags, and nobody else has it."""
        key = origin, version.name, version.number
        with self._lock:
            if key not in self._kept:
                self._kept[key] = version
                self._chars += len(version.source)
            while len(self._kept) > MAX_KEPT or self._chars > MAX_KEPT_CHARS:
                _, oldest = self._kept.popitem(last=False)
                self._chars -= len(oldest.source)


def copy_of(version: PromptVersion) -> PromptVersion:
    """Return the version with parts of its own: a change of them changes no other copy."""
    return replace(
        version,
        settings=_copy_json(version.settings),
        inputs=_copy_json(version.inputs),
        sample=_copy_json(version.sample),
        images=dict(version.images),
        tags=dict(version.tags),
        examples=_copy_examples(version.examples) if version.examples else None,
    )


def dress(
    version: PromptVersion, labels: Mapping[str, int], tags: Mapping[str, str]
) -> PromptVersion:
    """Put on a version what may change: its labels and tags."""
    own = tuple(label for label, number in labels.items() if number == version.number)
    return replace(version, labels=own, tags=dict(tags)) if own or tags else version


def _copy_examples(examples: Examples) -> Examples:
    cases = tuple(
        Example(inputs=_copy_json(case.inputs), expected=_copy_json(case.expected))
        for case in examples.cases
    )
    return replace(examples, cases=cases)


def _copy_json(value: Any) -> Any:
    """Copy what JSON holds; ``copy.deepcopy`` takes ten times as long."""
    if isinstance(value, dict):
        return {key: _copy_json(item) for key, item in value.items()}
    return [_copy_json(item) for item in value] if isinstance(value, list) else value


def load_all(reader: Reader, name: str) -> list[PromptVersion]:
    """Return every version of a prompt, the oldest first, without labels and tags."""
    return [build(StoredVersion(*row)) for row in reader.rows(_ROWS, name=name)]


def build(row: StoredVersion) -> PromptVersion:
    """Return the version in a row; raises ``StoreError`` when it is not what was written."""
    content = _read_content(row)
    return assemble(
        content,
        details=read_details(row.details, row.name, row.number) or details_of(row.source, content),
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
        risk=content.risk,
        description=details["description"],
        variables=tuple(details["variables"]),
        sample=details["sample"],
        **rest,
    )


def details_of(source: str, content: PromptContent) -> dict[str, Any]:
    """Return what a source says beside its content, for rows that were kept without it.

    What today's rules refuse was good when it was registered: a source that does not parse has no
    description, and templates that do not compile have no variables.
    """
    try:
        parsed = parse(source)
    except PromptSyntaxError:
        parsed = None
    try:
        variables = variables_of(content)
    except (TemplateSyntaxError, *COMPILE_ERRORS):
        variables = ()
    return {
        "description": parsed.description if parsed else "",
        "sample": parsed.sample if parsed else {},
        "variables": variables,
    }


def read_details(stored: Any, name: str, number: int) -> dict[str, Any] | None:
    """Return what was kept of a version beside its content, None for a row of 0001.

    Raises ``StoreError`` if it is not as it was written.
    """
    try:
        details: dict[str, Any] | None = read_json(stored)
        if details is None or _are_whole(details):
            return details
    except (ValueError, RecursionError):
        pass  # JSON that is none is damage too
    raise _damaged(name, number, "its details are not what was written")


def _are_whole(details: Any) -> bool:
    if not isinstance(details, dict) or not isinstance(details.get("sample"), dict):
        return False
    words = details.get("variables")
    return isinstance(words, list) and all(
        isinstance(word, str) for word in (details.get("description"), *words)
    )


def _read_content(row: StoredVersion) -> PromptContent:
    try:
        body = read_json(row.content)
        if digest(body) == row.digest:
            return PromptContent.from_json(body)
    except (ValueError, TypeError, RecursionError):
        pass  # JSON that is none is damage too
    raise _damaged(row.name, row.number, "its content is not its digest")


def _damaged(name: str, number: int, how: str) -> StoreError:
    return StoreError(
        f"{name}@{number} is damaged: {how}.",
        hint="Restore the store from a backup; `llmops audit verify` tells what else changed.",
    )


_SELECT = select(*(prompt_version.c[name] for name in StoredVersion._fields)).where(
    prompt_version.c.name == bindparam("name")
)
_ROW = Query(_SELECT.where(prompt_version.c.number == bindparam("number")))
_ROWS = Query(_SELECT.order_by(prompt_version.c.number))
