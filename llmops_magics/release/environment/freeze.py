"""Freezes: while one holds, an environment changes by rollbacks, aborts and pauses only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select, text

from llmops_magics.audit import trail
from llmops_magics.errors import ReleaseError
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.query import Query, reader_of
from llmops_magics.storage.table import release_freeze

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.storage.query import Reader

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))")


@dataclass(frozen=True, kw_only=True)
class Freeze:
    """Since when an environment is frozen, by whom and why; ``until`` is "" for no end."""

    environment: str
    until: str
    actor: str
    reason: str
    at: str


def freeze_of(reader: Reader, environment: str) -> Freeze | None:
    """Return the freeze that holds now, None where there is none."""
    rows = reader.rows(_NEWEST, environment=environment)
    if not rows or not rows[0][0]:
        return None
    _, until, actor, reason, at = rows[0]
    if until and until <= format_time(utc_now()):
        return None
    return Freeze(environment=environment, until=until, actor=actor, reason=reason, at=at)


def refuse_frozen(connection: Connection, environment: str, what: str) -> None:
    """Raise ``ReleaseError`` in a freeze; none can begin before the transaction has ended."""
    hold(connection, environment)
    frozen = freeze_of(reader_of(connection), environment)
    if frozen is not None:
        until = f" until {frozen.until}" if frozen.until else ""
        why = f": {frozen.reason}" if frozen.reason else ""
        raise ReleaseError(
            f"{environment} is frozen{until}, by {frozen.actor} since {frozen.at}{why}. Nothing is "
            f"{what} there.",
            hint=f"A rollback is possible; else: llmops release unfreeze {environment}.",
        )


def hold(connection: Connection, environment: str) -> None:
    """Let those wait who would freeze the environment, or release to it (SQLite: they do)."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"lock": f"environment {environment}"})


def set_freeze(
    connection: Connection,
    environment: str,
    *,
    frozen: bool,
    actor: str,
    until: str = "",
    reason: str = "",
) -> bool:
    """Freeze an environment or let it go on; return whether that changed anything."""
    hold(connection, environment)
    before = freeze_of(reader_of(connection), environment)
    if (before is not None) is frozen and (before is None or before.until == until):
        return False
    at = format_time(utc_now())
    trail.append(
        connection,
        actor=actor,
        action="release.freeze" if frozen else "release.unfreeze",
        resource=environment,
        body={
            "before": {"frozen": before is not None, "until": before.until if before else ""},
            "after": {"frozen": frozen, "until": until},
            "reason": reason,
            "evidence": [],
        },
    )
    row = {"frozen": frozen, "until": until, "actor": actor, "reason": reason, "at": at}
    connection.execute(insert(release_freeze), {"environment": environment, **row})
    return True


_FREEZE = release_freeze.c
_NEWEST = Query(
    select(_FREEZE.frozen, _FREEZE.until, _FREEZE.actor, _FREEZE.reason, _FREEZE.at)
    .where(_FREEZE.environment == bindparam("environment"))
    .order_by(_FREEZE.id.desc())
    .limit(1)
)
