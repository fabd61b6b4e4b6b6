"""What a workspace keeps and for how long, and what of it may go: dossiers, traces, holds.

Nothing goes by itself. What goes leaves a tombstone in the trail first, so that a missing dossier
is either deleted by a rule or lost; a process that ends in between finishes with the next call.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from llmops_magics.audit import retention as rules
from llmops_magics.audit import trail
from llmops_magics.audit.retention import ClassRetention, Hold, Kept, RetentionReport
from llmops_magics.errors import AuditError
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.table import gate_run, trace

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from llmops_magics.config.settings import Settings
    from llmops_magics.storage.store import Store

TRACES = "traces"  # what a hold on all of them names


class Retention:
    """Tells what may go by ``[audit] retention``, deletes it when asked, and holds things."""

    def __init__(
        self,
        root: Path,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        actor: Callable[[], str],
    ) -> None:
        self._root = root
        self._settings = settings
        self._store = store
        self._actor = actor

    def report(self) -> RetentionReport:
        """Return what is kept by class, what may go now, and the holds; nothing changes."""
        now = utc_now()
        with self._store().read() as connection:
            return self._report(connection, now)

    def delete(self) -> RetentionReport:
        """Delete what may go, each with a tombstone; ``deleted`` says what went."""
        now = utc_now()
        with self._store().read() as connection:
            _, dossiers = self._dossiers(connection, now)
            standing = rules.holds(connection)
        gone = [each.id for each in dossiers if self._delete(each)]
        if not rules.is_held(TRACES, standing):
            gone += self._delete_traces(now)
        with self._store().read() as connection:
            return self._report(connection, now, tuple(gone))

    def hold(self, resource: str, reason: str) -> Hold:
        """Let nothing of a resource go: a prompt or a pattern of them, ``traces``, or ``*``."""
        with self._store().write(lock="retention") as connection:
            return rules.hold(connection, resource, _said(reason), actor=self._actor())

    def unhold(self, resource: str, reason: str) -> Hold:
        """End a hold; ``AuditError`` where there is none."""
        with self._store().write(lock="retention") as connection:
            return rules.unhold(connection, resource, _said(reason), actor=self._actor())

    def _keep(self, name: rules.RecordClass) -> timedelta:
        from llmops_magics.config.audit import AuditSettings

        return self._settings().audit.retention.get(name) or AuditSettings().retention[name]

    def _report(
        self, connection: Connection, now: datetime, deleted: tuple[str, ...] = ()
    ) -> RetentionReport:
        dossiers, _ = self._dossiers(connection, now)
        return RetentionReport(
            at=format_time(now),
            classes=(dossiers, self._traces(connection, now)),
            holds=rules.holds(connection),
            events=trail.head(connection)[0],
            deleted=deleted,
        )

    def _dossiers(
        self, connection: Connection, now: datetime
    ) -> tuple[ClassRetention, tuple[Kept, ...]]:
        there = (each for each in _sealed(connection) if self._folder(each.id).is_dir())
        return rules.due(
            "dossiers", there, self._keep("dossiers"), rules.holds(connection), now=now
        )

    def _traces(self, connection: Connection, now: datetime) -> ClassRetention:
        """Traces are told by number: there may be millions, and they go by age alone."""
        keep = self._keep("traces")
        before_ns = int((now - keep).timestamp() * 1e9)
        old = (trace.c.ended_ns < before_ns) & (trace.c.runs == "[]")
        total, first = connection.execute(select(func.count(), func.min(trace.c.ended_ns))).one()
        count = connection.execute(select(func.count()).where(old)).scalar_one()
        is_held = rules.is_held(TRACES, rules.holds(connection))
        return ClassRetention(
            name="traces",
            keep_days=keep.total_seconds() / 86_400,
            total=total,
            oldest=_time(first) if first else "",
            held=count if is_held else 0,
            expired=(f"{count:,} traces",) if count and not is_held else (),
        )

    def _folder(self, gate_id: str) -> Path:
        """Return a dossier's folder; a name that leads out of the archive is refused."""
        archive = (self._root / self._settings().gate.archive).resolve()
        folder = (archive / gate_id).resolve()
        if folder.parent != archive:
            raise AuditError(f"{gate_id[:200]!r} is no dossier of this workspace.")
        return folder

    def _delete(self, gone: Kept) -> bool:
        keep = self._keep("dossiers")
        with self._store().write(lock="retention") as connection:
            if not rules.has_tombstone(connection, gone):
                rules.tombstone(connection, "dossiers", gone, keep, actor=self._actor())
        with suppress(FileNotFoundError):  # somebody else deletes it too
            shutil.rmtree(self._folder(gone.id))
        return True

    def _delete_traces(self, now: datetime) -> list[str]:
        from llmops_magics.tracing.retention import prune

        before_ns = int((now - self._keep("traces")).timestamp() * 1e9)
        done = prune(self._store(), before_ns, dry_run=False, actor=self._actor())
        return [f"{done.traces:,} traces"] if done.traces else []


def _sealed(connection: Connection) -> Iterator[Kept]:
    c = gate_run.c
    query = select(c.gate_id, c.prompt, c.gate, c.dossier_digest, c.finished_at).order_by(c.id)
    for row in connection.execute(query):
        yield Kept(
            id=row.gate_id,
            resource=row.prompt or row.gate,
            digest=row.dossier_digest,
            since=row.finished_at,
        )


def _time(at_ns: int) -> str:
    from datetime import UTC, datetime

    return format_time(datetime.fromtimestamp(at_ns / 1e9, UTC))


def _said(reason: str) -> str:
    from llmops_magics.prompts.labelling import keepable

    return keepable(reason)
