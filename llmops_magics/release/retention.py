"""Which dossiers and traces may go, and the deletion of dossiers that may.

A dossier is deleted after its tombstone is in the trail: killed between the two, it is there for
another round. Traces are forgotten by ``llmops trace prune``, which leaves their sums.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, not_, select

from llmops_magics.audit.retention import (
    ClassRetention,
    Kept,
    RecordClass,
    RetentionReport,
    due,
    holds,
    tombstone,
)
from llmops_magics.errors import AuditError
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import audit_event, gate_run, trace
from llmops_magics.tracing.retention import held_traces

DOSSIERS: RecordClass = "dossiers"
_NS = 10**9


class _Found(NamedTuple):
    classes: tuple[ClassRetention, ...]
    free: tuple[Kept, ...]  # dossiers
    report: RetentionReport


def retention_report(
    store: Store, keep: Mapping[str, timedelta], root: Path, *, now: datetime | None = None
) -> RetentionReport:
    """Return what is kept by class, what may go and what is held. ``root`` has the dossiers."""
    with store.read() as connection:
        return _look(connection, keep, root, now or utc_now()).report


def delete_expired(
    store: Store,
    keep: Mapping[str, timedelta],
    root: Path,
    *,
    actor: str,
    now: datetime | None = None,
) -> RetentionReport:
    """Delete every dossier that may go, each with its tombstone; ``deleted`` names them."""
    moment = now or utc_now()
    with store.read() as connection:
        found = _look(connection, keep, root, moment)
        rows = connection.execute(select(gate_run.c.gate_id, gate_run.c.folder))
        folders = {row.gate_id: row.folder for row in rows}
    deleted = []
    for each in found.free:
        folder = _own(root, each.id, folders[each.id])
        with store.write() as connection:
            tombstone(connection, DOSSIERS, each, keep[DOSSIERS], actor=actor)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise AuditError(
                f"{folder} cannot be deleted: {error.strerror}.",
                hint="Its tombstone is in the trail: delete the folder by hand.",
            ) from error
        deleted.append(each.id)
    with store.read() as connection:
        left = _look(connection, keep, root, moment).report
    return RetentionReport(
        at=left.at,
        classes=left.classes,
        holds=left.holds,
        events=left.events,
        deleted=tuple(deleted),
    )


def _own(root: Path, gate_id: str, written: str) -> Path:
    """Return a dossier's folder; a row that leads to anything else deletes nothing."""
    folder = root / written
    is_plain = folder.name == gate_id and ".." not in folder.parts and not folder.is_symlink()
    if not is_plain or not (folder / "gate.json").is_file():
        raise AuditError(f"{written[:200]!r} is not the dossier {gate_id[:200]!r}.")
    return folder


def _look(
    connection: Connection, keep: Mapping[str, timedelta], root: Path, now: datetime
) -> _Found:
    standing = holds(connection)
    dossiers, free = due(DOSSIERS, _dossiers(connection, root), keep[DOSSIERS], standing, now=now)
    classes = (dossiers, _traces(connection, keep["traces"], now))
    events = connection.execute(select(func.max(audit_event.c.seq))).scalar() or 0
    report = RetentionReport(
        at=format_time(now), classes=classes, holds=standing, events=int(events)
    )
    return _Found(classes, free, report)


def _dossiers(connection: Connection, root: Path) -> list[Kept]:
    """Return the dossiers that are there; they belong to the prompt that they are about."""
    run = gate_run.c
    query = select(run.gate_id, run.prompt, run.dossier_digest, run.finished_at, run.folder)
    return [
        Kept(
            id=row.gate_id,
            resource=row.prompt.partition("@")[0] or row.gate_id,
            digest=row.dossier_digest,
            since=row.finished_at,
        )
        for row in connection.execute(query)
        if (root / row.folder).is_dir()
    ]


def _traces(connection: Connection, keep: timedelta, now: datetime) -> ClassRetention:
    """Count the traces, and say from which day on they may be pruned."""
    oldest: Any
    total, oldest = connection.execute(select(func.count(), func.min(trace.c.started_ns))).one()
    before_ns = round((now - keep).timestamp()) * _NS
    old = and_(trace.c.ended_ns < before_ns, trace.c.runs == "[]")  # those of eval runs stay
    is_held = held_traces(connection, old)
    held, count = (
        int(connection.execute(select(func.count()).where(old, each)).scalar() or 0)
        for each in (is_held, not_(is_held))
    )
    return ClassRetention(
        name="traces",
        keep_days=keep / timedelta(days=1),
        total=int(total),
        oldest=format_time(datetime.fromtimestamp(oldest / _NS, UTC)) if oldest else "",
        held=held,
        expired=(f"{count:,} traces, by `llmops trace prune`",) if count else (),
    )
