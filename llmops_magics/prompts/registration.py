"""A prompt's text on its way to a version: checked as a draft, then written if it is new.

A draft is made before the transaction begins, with everything that takes time: parsing, looking up
what it refers to, looking for secrets. Inside, it is only compared and written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

from sqlalchemy import bindparam, insert, select

from llmops_magics.audit import trail
from llmops_magics.errors import PromptError
from llmops_magics.prompts.archiving import refuse_archived
from llmops_magics.prompts.binding import References, bind, sample_of
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.graph import add_includes
from llmops_magics.prompts.loading import assemble
from llmops_magics.prompts.remark import check_message
from llmops_magics.prompts.render import variables_of
from llmops_magics.prompts.tag import add_tags, check_tags, tags_of
from llmops_magics.prompts.template import parse
from llmops_magics.prompts.version import PromptVersion
from llmops_magics.record import canonical_json, format_time, to_jsonable, utc_now
from llmops_magics.redaction import find_secrets
from llmops_magics.storage.query import Query, reader_of
from llmops_magics.storage.table import prompt_version

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.prompts.permission import Permission
    from llmops_magics.storage.query import Reader


class DraftOptions(TypedDict, total=False):
    """What may be said beside a prompt's text."""

    model: str  # this and settings override what the front matter says
    settings: Mapping[str, Any] | None
    message: str  # why, as a commit message
    tags: Mapping[str, str] | None
    first_line: int  # the number of the text's first line where the user sees it


class RegisterOptions(DraftOptions, total=False):
    """And where a text may start from."""

    start: str  # the reference of a version that gives what the text does not say


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A checked prompt that has no number yet.

    ``marks`` are the front matter's tags, which name a key only; ``tags`` were given beside it.
    """

    name: str
    source: str
    content: PromptContent
    details: dict[str, Any]  # description, sample, variables
    message: str
    marks: tuple[str, ...]
    tags: dict[str, str]

    def tags_to_add(self, there: Mapping[str, str]) -> dict[str, str]:
        """Return the tags that a version with these tags does not have yet."""
        marks = {mark: "" for mark in self.marks if mark not in there}
        return {k: v for k, v in (marks | self.tags).items() if there.get(k) != v}

    def as_version(self, number: int, *, author: str = "", created_at: str = "") -> PromptVersion:
        """Return the draft as the version it would be, without tags."""
        return assemble(
            self.content,
            details=self.details,
            name=self.name,
            number=number,
            message=self.message,
            author=author,
            created_at=created_at,
            source=self.source,
        )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a registration came to; ``made`` is None when the content was the newest already."""

    number: int
    made: PromptVersion | None


def make_draft(
    name: str,
    source: str,
    references: References,
    *,
    model: str = "",
    settings: Mapping[str, Any] | None = None,
    message: str = "",
    tags: Mapping[str, str] | None = None,
    start: PromptVersion | None = None,
    first_line: int = 1,
) -> Draft:
    """Parse and check a prompt's text; raises what ``PromptRegistry.register`` says."""
    check_message(message), check_tags(tags or {})  # before binding, which may store images
    parsed = parse(source, first_line=first_line, may_be_empty=start is not None)
    bound = bind(parsed, references, name=name, model=model, settings=settings, start=start)
    content = PromptContent.from_json(bound.to_json())  # as it will be read
    from_start = start is not None and "description" not in parsed.given
    draft = Draft(
        name=name,
        source=source,
        content=content,
        details={
            "description": start.description if start and from_start else parsed.description,
            "sample": to_jsonable(sample_of(parsed, start)),
            "variables": list(variables_of(content)),
        },
        message=message,
        marks=tuple(check_tags(dict.fromkeys(parsed.tags, ""))),
        tags=check_tags(tags or {}),
    )
    if start is not None:  # the text alone would not say what came from there
        from llmops_magics.prompts.prompty import to_prompty

        draft = replace(draft, source=to_prompty(draft.as_version(0)))
    _refuse_secrets(draft)
    return draft


def newest_digest(reader: Reader, name: str) -> tuple[int, str]:
    """Return the number and digest of the newest version; ``(0, "")`` when there is none."""
    rows = reader.rows(_NEWEST, name=name)
    return (rows[0][0], rows[0][1]) if rows else (0, "")


def write_draft(
    connection: Connection, draft: Draft, actor: str, permission: Permission
) -> Outcome:
    """Write a draft as the next version, or only its new tags if the newest is the same.

    Whoever changes nothing needs no permission.
    """
    reader = reader_of(connection)
    refuse_archived(reader, draft.name)
    number, digest = newest_digest(reader, draft.name)
    if digest == draft.content.digest:
        tags = draft.tags_to_add(tags_of(reader, draft.name, number))
        if tags:
            permission.check("edit_prompt", draft.name)
            _add_tags_only(connection, draft, number, tags, actor)
        return Outcome(number=number, made=None)
    permission.check("edit_prompt", draft.name)
    return Outcome(number=number + 1, made=_write_version(connection, draft, number + 1, actor))


def _write_version(connection: Connection, draft: Draft, number: int, actor: str) -> PromptVersion:
    version = draft.as_version(number, author=actor, created_at=format_time(utc_now()))
    row = {
        "name": version.name,
        "number": number,
        "digest": version.digest,
        "source": version.source,
        "content": draft.content.to_json(),
        "message": version.message,
        "author": actor,
        "created_at": version.created_at,
        "details": draft.details,
    }
    tags = draft.tags_to_add({})
    connection.execute(insert(prompt_version), row)
    add_tags(connection, name=version.name, number=number, tags=tags, actor=actor)
    add_includes(connection, name=version.name, number=number, includes=version.includes)
    body: dict[str, Any] = {"digest": version.digest, "message": version.message}
    trail.append(
        connection,
        actor=actor,
        action="prompt.register",
        resource=version.ref,
        body=body | ({"tags": tags} if tags else {}),
    )
    return version


def _add_tags_only(
    connection: Connection, draft: Draft, number: int, tags: Mapping[str, str], actor: str
) -> None:
    add_tags(connection, name=draft.name, number=number, tags=tags, actor=actor)
    resource = f"{draft.name}@{number}"
    trail.append(
        connection, actor=actor, action="prompt.tag", resource=resource, body={"tags": dict(tags)}
    )


def _refuse_secrets(draft: Draft) -> None:
    body = canonical_json([draft.content.to_json(), draft.details, draft.tags]).decode()
    text = f"{draft.source}\n{body}\n{draft.message}"
    found = sorted({secret.kind for secret in find_secrets(text)})
    if found:
        raise PromptError(
            f"The prompt holds what looks like a secret ({', '.join(found)}), and a version is "
            "kept for ever.",
            hint="Take it out; if the model needs it, pass it as a variable when you render.",
        )


_NEWEST = Query(
    select(prompt_version.c.number, prompt_version.c.digest)
    .where(prompt_version.c.name == bindparam("name"))
    .order_by(prompt_version.c.number.desc())
    .limit(1)
)
