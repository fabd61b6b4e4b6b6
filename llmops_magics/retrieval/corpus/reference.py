"""What a corpus's reference means: ``name`` (newest), ``name@3``, ``name@sha256:…``, a digest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.corpus.record import (
    CorpusSource,
    CorpusVersion,
    source_from,
    version_from,
)
from llmops_magics.storage.table import corpus_source, corpus_version

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAX_NAME_CHARS = 200
_DIGEST = re.compile(r"sha256:[0-9a-f]{8,64}")
_NUMBER = re.compile(r"[1-9]\d{0,8}")
_SHOWN = 10


def check_name(name: str) -> str:
    """Return a name that a corpus may have; raises ``RetrievalError`` for any other."""
    is_plain = name.strip() == name and name.isprintable() and "@" not in name
    if not name or not is_plain or len(name) > MAX_NAME_CHARS or name[0] == "-":
        raise RetrievalError(
            f"{name[:60]!r} cannot be the name of a corpus.",
            hint=f"A name has 1 to {MAX_NAME_CHARS} printable characters, no `@`, and no blank at "
            "its ends.",
        )
    return name


def find(connection: Connection, reference: str) -> CorpusVersion:
    """Return the version that a reference means now; raises ``RetrievalError`` if none."""
    name, at, which = reference.rpartition("@")
    if _DIGEST.fullmatch(which):
        return _by_digest(connection, name, which, reference)
    if not at:
        found = newest_of(connection, reference)
    else:
        version = corpus_version.c
        query = select(version.body).where(version.corpus == name, version.number == _number(which))
        row = connection.execute(query).first()
        found = version_from(row.body) if row else None
        newest = None if found else newest_of(connection, name)
        if newest is not None:
            raise RetrievalError(
                f"{name} has no version {which[:40]!r}.", hint=f"Its newest is {newest.ref}."
            )
    if found is None:
        raise _unknown(connection, reference)
    return found


def newest_of(connection: Connection, name: str) -> CorpusVersion | None:
    """Return the newest version of a name, None if there is none."""
    query = select(corpus_version.c.body).where(corpus_version.c.corpus == name)
    row = connection.execute(query.order_by(corpus_version.c.number.desc()).limit(1)).first()
    return None if row is None else version_from(row.body)


def versions_of(connection: Connection, name: str) -> tuple[CorpusVersion, ...]:
    """Return every version of a name, the oldest first."""
    query = select(corpus_version.c.body).where(corpus_version.c.corpus == name)
    rows = connection.execute(query.order_by(corpus_version.c.number))
    return tuple(version_from(row.body) for row in rows)


def newest_versions(connection: Connection) -> tuple[CorpusVersion, ...]:
    """Return the newest version of every name, by name."""
    version = corpus_version.c
    newest = (
        select(version.corpus.label("corpus"), func.max(version.number).label("number"))
        .group_by(version.corpus)
        .subquery()
    )
    matches = (version.corpus == newest.c.corpus) & (version.number == newest.c.number)
    query = select(version.body).join(newest, matches).order_by(version.corpus)
    return tuple(version_from(row.body) for row in connection.execute(query))


def source_of(connection: Connection, name: str) -> CorpusSource:
    """Return where a corpus is read from now; raises ``RetrievalError`` for an unknown one."""
    source = corpus_source.c
    query = select(source.body).where(source.corpus == name).order_by(source.id.desc())
    row = connection.execute(query.limit(1)).first()
    if row is None:
        raise _unknown(connection, name)
    return source_from(row.body)


def _by_digest(connection: Connection, name: str, digest: str, reference: str) -> CorpusVersion:
    version = corpus_version.c
    query = select(version.body, version.fingerprint).where(version.fingerprint.startswith(digest))
    if name:
        query = query.where(version.corpus == name)
    rows = connection.execute(query.order_by(version.number.desc())).all()
    if not rows:
        raise _unknown(connection, reference)
    if len({row.fingerprint for row in rows}) > 1:
        raise RetrievalError(f"{digest} fits several corpora.", hint="Give more digits.")
    return version_from(rows[0].body)


def _number(which: str) -> int:
    return int(which) if _NUMBER.fullmatch(which) else 0


def _unknown(connection: Connection, reference: str) -> RetrievalError:
    name = corpus_version.c.corpus
    there = connection.execute(select(name).distinct().order_by(name).limit(_SHOWN)).scalars()
    return RetrievalError(
        f"there is no corpus {reference[:200]!r}.",
        hint=f"There are: {', '.join(there) or 'none'}. See %llm_corpus add --help.",
    )
