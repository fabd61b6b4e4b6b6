"""What a dataset's reference means: ``name`` (newest), ``name@3``, ``name@sha256:…``, a digest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from llmops_magics.datasets.dataset import MAX_NAME_CHARS
from llmops_magics.datasets.reader import READERS
from llmops_magics.errors import DatasetError
from llmops_magics.storage.table import dataset_content, dataset_version

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DIGEST = re.compile(r"sha256:[0-9a-f]{8,64}")
_NUMBER = re.compile(r"[1-9]\d{0,8}")
_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class StoredVersion:
    """The row of one version, without its cases; ``schema`` None where none was stored."""

    name: str
    number: int
    digest: str
    schema: dict[str, Any] | None
    is_schema_set: bool
    message: str
    author: str
    created_at: str
    case_count: int
    artifact: str

    @property
    def ref(self) -> str:
        """The reference that always means this version."""
        return f"{self.name}@{self.number}"


def check_name(name: str) -> str:
    """Return a name that a dataset may have; raises ``DatasetError`` for any other."""
    is_file = PurePath(name).suffix.lower() in READERS
    if (
        not name
        or name != name.strip()
        or len(name) > MAX_NAME_CHARS
        or not name.isprintable()
        or "@" in name
        or name[0] == "-"
        or is_file
    ):
        raise DatasetError(
            f"{name[:80]!r} cannot be a dataset's name.",
            hint="A name is printable, has no `@` and no file's ending: support-faq.",
        )
    return name


def find(connection: Connection, reference: str) -> StoredVersion:
    """Return the version that a reference means now; raises ``DatasetError`` if there is none."""
    name, _, which = reference.rpartition("@")
    if _DIGEST.fullmatch(which):
        return _by_digest(connection, name, which)
    version = dataset_version.c
    if name and _NUMBER.fullmatch(which):
        row = connection.execute(
            _SELECT.where(version.name == name, version.number == int(which))
        ).first()
        if row is not None:
            return _stored(row)
        newest = newest_of(connection, name)
        if newest is not None:
            raise DatasetError(
                f"{name} has no version {which}.", hint=f"Its newest is {newest.ref}."
            )
    found = newest_of(connection, reference)
    if found is None:
        raise _unknown(connection, reference)
    return found


def newest_of(connection: Connection, name: str) -> StoredVersion | None:
    """Return the newest version of a name, None if there is none."""
    query = _SELECT.where(dataset_version.c.name == name)
    row = connection.execute(query.order_by(dataset_version.c.number.desc()).limit(1)).first()
    return None if row is None else _stored(row)


def with_digest(connection: Connection, name: str, digest: str) -> StoredVersion | None:
    """Return the newest version of a name that has this content, None if there is none."""
    version = dataset_version.c
    query = _SELECT.where(version.name == name, version.digest == digest)
    row = connection.execute(query.order_by(version.number.desc()).limit(1)).first()
    return None if row is None else _stored(row)


def versions_of(connection: Connection, name: str) -> tuple[StoredVersion, ...]:
    """Return every version of a name, the oldest first."""
    query = _SELECT.where(dataset_version.c.name == name).order_by(dataset_version.c.number)
    return tuple(map(_stored, connection.execute(query)))


def newest_versions(connection: Connection) -> tuple[StoredVersion, ...]:
    """Return the newest version of every name, by name."""
    version = dataset_version.c
    newest = (
        select(version.name.label("name"), func.max(version.number).label("number"))
        .group_by(version.name)
        .subquery()
    )
    matches = (version.name == newest.c.name) & (version.number == newest.c.number)
    query = _SELECT.join(newest, matches).order_by(version.name)
    return tuple(map(_stored, connection.execute(query)))


def _by_digest(connection: Connection, name: str, digest: str) -> StoredVersion:
    """Return the version of a digest: of the name given if it has it, else of its first name."""
    content = dataset_content.c
    query = select(content.digest, content.name).where(content.digest.startswith(digest))
    rows = connection.execute(query.limit(2)).all()
    if not rows:
        raise _unknown(connection, digest)
    if len(rows) > 1:
        raise DatasetError(f"{digest} fits several datasets.", hint="Give more digits.")
    full, first = rows[0]
    found = (name and with_digest(connection, name, full)) or with_digest(connection, first, full)
    if not found:
        raise _unknown(connection, digest)
    return found


def _unknown(connection: Connection, reference: str) -> DatasetError:
    name = dataset_version.c.name
    query = select(name).distinct().order_by(name).limit(_SHOWN)
    there = ", ".join(connection.execute(query).scalars()) or "none"
    return DatasetError(
        f"There is no dataset {reference[:200]!r}.",
        hint=f"Give a file, a variable of the notebook, or one of these: {there}.",
    )


def _stored(row: Any) -> StoredVersion:
    return StoredVersion(**row._mapping)  # noqa: SLF001 -- the public name of a row's mapping


_SELECT = select(
    *(c for c in dataset_version.c), dataset_content.c.case_count, dataset_content.c.artifact
).join(dataset_content, dataset_content.c.digest == dataset_version.c.digest)
