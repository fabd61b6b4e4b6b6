"""Prompt versions in the store: registered once, found by reference, never changed.

``register`` makes a version if, and only if, the content differs from the newest. It decides and
writes in one transaction, so two processes that register at once leave no gap and no duplicate,
and each is told the truth about who made the version.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from llmops_magics.audit import trail
from llmops_magics.errors import PromptError, StoreError
from llmops_magics.prompts import label as labels
from llmops_magics.prompts.diff import diff
from llmops_magics.prompts.reference import (
    Reference,
    check_label,
    check_name,
    parse_reference,
)
from llmops_magics.prompts.render import read_variables
from llmops_magics.prompts.resolution import find, names_of
from llmops_magics.prompts.settings import check_settings
from llmops_magics.prompts.template import ParsedPrompt, parse
from llmops_magics.prompts.version import Message, PromptVersion
from llmops_magics.record import canonical_json, digest, format_time, utc_now
from llmops_magics.redaction import find_secrets
from llmops_magics.storage.table import prompt_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Row

    from llmops_magics.storage.store import Store

MAX_ATTEMPTS = 20  # PostgreSQL lets two writers pick the same number; the loser tries again


class PromptRegistry:
    """The prompts of one store; ``actor`` says who acts, as the audit trail shall name them."""

    def __init__(self, store: Store, *, actor: Callable[[], str]) -> None:
        self._store = store
        self._actor = actor

    def register(
        self,
        name: str,
        source: str,
        *,
        model: str = "",
        settings: Mapping[str, Any] | None = None,
        message: str = "",
        first_line: int = 1,
    ) -> PromptVersion:
        """Register a prompt's text and return its version, ``is_new`` if this call made it.

        ``model`` and ``settings`` override what the front matter says. ``diff`` is set against
        the version before. Raises ``PromptSyntaxError`` for a text that does not parse (line
        numbers count from ``first_line``) and ``PromptError`` for one that holds a secret.
        """
        check_name(name)
        parsed = parse(source, first_line=first_line)
        content = _content(parsed, model, settings or {})
        _refuse_secrets(source, content, message)
        for _ in range(MAX_ATTEMPTS):
            try:
                with self._store.write() as connection:
                    return self._register(connection, name, source, content, message)
            except IntegrityError:
                continue
        raise StoreError(
            f"could not register {name!r}: others registered it {MAX_ATTEMPTS} times meanwhile.",
            hint="Run the cell again.",
        )

    def _register(
        self, connection: Connection, name: str, source: str, content: dict[str, Any], message: str
    ) -> PromptVersion:
        newest = _newest_row(connection, name)
        if newest is not None and newest.digest == digest(content):
            return _with_diff(connection, _load(connection, newest))
        actor = self._actor()
        number = newest.number + 1 if newest else 1
        row = {
            "name": name,
            "number": number,
            "digest": digest(content),
            "source": source,
            "content": content,
            "message": message,
            "author": actor,
            "created_at": format_time(utc_now()),
        }
        connection.execute(insert(prompt_version).values(row))
        trail.append(
            connection,
            actor=actor,
            action="prompt.register",
            resource=f"{name}@{number}",
            body={"digest": row["digest"], "message": message},
        )
        made = find(connection, Reference(name=name, number=number))
        return dataclasses.replace(_with_diff(connection, _load(connection, made)), is_new=True)

    def get(self, reference: str, *, with_diff: bool = False) -> PromptVersion:
        """Return the version that a reference means now; raises ``PromptReferenceError``.

        With ``with_diff`` it carries what changed against the version before it.
        """
        parsed = parse_reference(reference)
        with self._store.read() as connection:
            version = _load(connection, find(connection, parsed))
            return _with_diff(connection, version) if with_diff else version

    def list(self) -> tuple[PromptVersion, ...]:
        """Return the newest version of every prompt, by name."""
        with self._store.read() as connection:
            return tuple(
                _load(connection, find(connection, Reference(name=name)))
                for name in names_of(connection)
            )

    def versions(self, name: str) -> tuple[PromptVersion, ...]:
        """Return every version of a prompt, the oldest first."""
        with self._store.read() as connection:
            find(connection, Reference(name=check_name(name)))
            rows = connection.execute(
                select(prompt_version)
                .where(prompt_version.c.name == name)
                .order_by(prompt_version.c.number)
            ).all()
            pointers = labels.labels_of(connection, name)
        return tuple(_build(row, pointers) for row in rows)

    def label(self, reference: str, label: str) -> PromptVersion:
        """Point an unprotected label to a version; nothing is written if it is there already."""
        check_label(label)
        labels.check_unprotected(label)
        parsed = parse_reference(reference)
        with self._store.write() as connection:
            row = find(connection, parsed)
            before = labels.labels_of(connection, row.name).get(label)
            if before != row.number:
                self._move(connection, row.name, label, before, row.number)
            return _load(connection, row)

    def _move(
        self, connection: Connection, name: str, label: str, before: int | None, number: int
    ) -> None:
        actor = self._actor()
        labels.move(connection, name=name, label=label, number=number, actor=actor)
        trail.append(
            connection,
            actor=actor,
            action="prompt.label",
            resource=f"{name}@{label}",
            body={"before": before, "after": number},
        )


def _content(parsed: ParsedPrompt, model: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the digest is taken of: nothing that is only a name or a comment."""
    return {
        "messages": [{"role": m.role, "content": m.content} for m in parsed.messages],
        "model": model or parsed.model,
        "settings": check_settings({**parsed.settings, **settings}),
    }


def _refuse_secrets(source: str, content: dict[str, Any], message: str) -> None:
    text = "\n".join([source, canonical_json(content).decode(), message])
    found = sorted({secret.kind for secret in find_secrets(text)})
    if found:
        raise PromptError(
            f"The prompt holds what looks like a secret ({', '.join(found)}), and a version is "
            "kept for ever.",
            hint="Take it out; if the model needs it, pass it as a variable when you render.",
        )


def _newest_row(connection: Connection, name: str) -> Row[Any] | None:
    newest = select(func.max(prompt_version.c.number)).where(prompt_version.c.name == name)
    return connection.execute(
        select(prompt_version).where(
            prompt_version.c.name == name, prompt_version.c.number == newest.scalar_subquery()
        )
    ).first()


def _with_diff(connection: Connection, version: PromptVersion) -> PromptVersion:
    before = None
    if version.number > 1:
        previous = Reference(name=version.name, number=version.number - 1)
        before = _load(connection, find(connection, previous))
    return dataclasses.replace(version, diff=diff(before, version))


def _load(connection: Connection, row: Row[Any]) -> PromptVersion:
    return _build(row, labels.labels_of(connection, row.name))


def _build(row: Row[Any], pointers: Mapping[str, int]) -> PromptVersion:
    content = row.content
    if digest(content) != row.digest:
        raise StoreError(
            f"{row.name}@{row.number} is damaged: its content is not its digest.",
            hint="Restore the store from a backup; `llmops audit verify` tells what else changed.",
        )
    messages = tuple(Message(**message) for message in content["messages"])
    return PromptVersion(
        name=row.name,
        number=row.number,
        digest=row.digest,
        messages=messages,
        model=content["model"],
        settings=content["settings"],
        description=_describe(row.source),
        variables=read_variables(message.content for message in messages),
        message=row.message,
        author=row.author,
        created_at=row.created_at,
        source=row.source,
        labels=tuple(label for label, number in pointers.items() if number == row.number),
    )


@lru_cache(maxsize=512)
def _describe(source: str) -> str:
    """Return the description in a source; it is shown, but the digest does not cover it."""
    return parse(source).description
