"""Monitors and their states in the store: added, removed, and every change of state.

Rows are only added: the newest row of a name is the monitor, unless it says removed, and a monitor
that is added with another rule begins without a state. Every step is an event of the audit trail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, insert, select

from llmops_magics.audit import trail
from llmops_magics.errors import UsageError
from llmops_magics.monitoring.record import Monitor, MonitorEdit, Observation, StateChange
from llmops_magics.monitoring.rule import MonitorRule
from llmops_magics.record import format_time, to_jsonable, utc_now
from llmops_magics.redaction import redact
from llmops_magics.storage.query import Query, Reader, read_json, reader_of
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import monitor as monitor_table
from llmops_magics.storage.table import monitor_state

MIN_CALLS = 20
_NAME = re.compile(r"[a-z0-9][a-z0-9._/-]{0,99}")
_LATEST = select(func.max(monitor_table.c.id)).group_by(monitor_table.c.name)
_MONITORS = Query(
    select(
        monitor_table.c.id,
        monitor_table.c.name,
        monitor_table.c.rule,
        monitor_table.c.min_calls,
        monitor_table.c.actor,
        monitor_table.c.at,
        monitor_table.c.removed,
    )
    .where(monitor_table.c.id.in_(_LATEST))
    .order_by(monitor_table.c.name)
)
_CHANGE = (
    monitor_state.c.id,
    monitor_state.c.before,
    monitor_state.c.state,
    monitor_state.c.body,
    monitor_state.c.actor,
    monitor_state.c.at,
    monitor_table.c.id,
    monitor_table.c.name,
    monitor_table.c.rule,
)
_CHANGES = select(*_CHANGE).join(monitor_table, monitor_state.c.monitor_id == monitor_table.c.id)
_LATEST_STATES = Query(
    _CHANGES.where(
        monitor_state.c.id.in_(
            select(func.max(monitor_state.c.id)).group_by(monitor_state.c.monitor_id)
        ),
        monitor_table.c.id.in_(_LATEST),
    )
)
_NEWEST_CHANGE = Query(select(func.max(monitor_state.c.id)))


class MonitorRegistry:
    """The monitors of one store."""

    def __init__(self, store: Store, *, actor: Callable[[], str]) -> None:
        self._store = store
        self._actor = actor

    def add(self, name: str, rule: MonitorRule, min_calls: int) -> MonitorEdit:
        """Add a monitor, or give a name another rule; nothing is written if it is so already.

        Raises ``UsageError`` for a name or a number of calls that cannot be, and for a rule that
        holds what may not be written.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name[:100]!r} is no name of a monitor.",
                hint="Use small letters, digits, '.', '_', '-' and '/', such as slow-answers.",
            )
        if min_calls < 1:
            raise UsageError("--min-calls is 1 or more.")
        if redact(f"{name} {rule.text}") != f"{name} {rule.text}":  # masked, it would never match
            raise UsageError(
                "a monitor's name and rule hold no secrets and no personal data.",
                hint="They are stored as they are: name the prompt or model otherwise.",
            )
        with self._store.write(lock=f"monitor:{name}") as connection:
            known = {m.name: m for m in _monitors(reader_of(connection))}.get(name)
            if known is not None and (known.rule, known.min_calls) == (rule.text, min_calls):
                return _edit("added", known, changed=False)
            return self._write(connection, name, rule.text, min_calls, removed=False)

    def remove(self, name: str) -> MonitorEdit:
        """Take a monitor away; its states stay. ``UsageError`` if there is none."""
        with self._store.write(lock=f"monitor:{name}") as connection:
            known = _named(_monitors(reader_of(connection)), name)
            return self._write(connection, name, known.rule, known.min_calls, removed=True)

    def list(self) -> tuple[Monitor, ...]:
        """Return the monitors by name, each with its state."""
        with self._store.glance() as reader:
            return _with_states(reader)

    def get(self, name: str) -> Monitor:
        """Return one; ``UsageError`` that names the others if there is none."""
        return _named(self.list(), name)

    def changes(self, monitor: Monitor, limit: int) -> tuple[tuple[StateChange, ...], int]:
        """Return a monitor's newest changes of state, the newest first, and how many there are."""
        of_it = monitor_state.c.monitor_id == monitor.id
        query = _CHANGES.where(of_it).order_by(monitor_state.c.id.desc()).limit(limit)
        with self._store.read() as connection:
            rows = connection.execute(query).all()
            total = connection.execute(select(func.count()).where(of_it)).scalar() or 0
        return tuple(_change(row) for row in rows), total

    def newest_change(self) -> int:
        """Return the number of the newest change of any state, 0 if there is none."""
        with self._store.glance() as reader:
            return int(reader.rows(_NEWEST_CHANGE)[0][0] or 0)

    def latest_changes(self) -> tuple[StateChange, ...]:
        """Return the change that brought each monitor into its state."""
        with self._store.glance() as reader:
            return tuple(_change(row) for row in reader.rows(_LATEST_STATES))

    def record(self, found: Sequence[tuple[Monitor, Observation]]) -> tuple[StateChange, ...]:
        """Keep what changes a state; return those changes, in order.

        Left alone are a monitor that is gone or has another rule now, and one that another
        process measured later than this.
        """
        if all(monitor.state == seen.state for monitor, seen in found):
            return ()  # the usual case takes no lock
        with self._store.write(lock="monitor states") as connection:
            reader = reader_of(connection)
            now = {monitor.id: monitor for monitor in _with_states(reader)}
            return tuple(
                self._keep(connection, now[monitor.id], seen)
                for monitor, seen in found
                if monitor.id in now and _is_news(now[monitor.id], seen)
            )

    def note(self, resource: str, action: str, body: dict[str, Any]) -> None:
        """Put an event into the audit trail."""
        with self._store.write() as connection:
            trail.append(
                connection, actor=self._actor(), action=action, resource=resource, body=body
            )

    def _keep(self, connection: Connection, monitor: Monitor, seen: Observation) -> StateChange:
        row: dict[str, Any] = {
            "monitor_id": monitor.id,
            "before": monitor.state,
            "state": seen.state,
            "body": to_jsonable(seen),
            "actor": self._actor(),
            "at": format_time(utc_now()),
        }
        made = connection.execute(insert(monitor_state).values(row)).inserted_primary_key
        trail.append(
            connection,
            actor=row["actor"],
            action="monitor.state",
            resource=f"monitor/{monitor.name}",
            body={"rule": monitor.rule, "before": monitor.state, **row["body"]},
        )
        return StateChange(
            id=made[0] if made else 0,
            monitor=monitor.name,
            rule=monitor.rule,
            before=monitor.state,
            state=seen.state,
            observation=seen,
            actor=row["actor"],
            at=row["at"],
        )

    def _write(
        self, connection: Connection, name: str, rule: str, min_calls: int, *, removed: bool
    ) -> MonitorEdit:
        row: dict[str, Any] = {
            "name": name,
            "rule": redact(rule),
            "min_calls": min_calls,
            "removed": removed,
            "actor": self._actor(),
            "at": format_time(utc_now()),
        }
        connection.execute(insert(monitor_table).values(row))
        trail.append(
            connection,
            actor=row["actor"],
            action="monitor.remove" if removed else "monitor.add",
            resource=f"monitor/{name}",
            body={"rule": rule, "min_calls": min_calls},
        )
        shown = {key: row[key] for key in ("name", "rule", "min_calls", "actor", "at")}
        return MonitorEdit(action="removed" if removed else "added", **shown)


def _monitors(reader: Reader) -> list[Monitor]:
    fields = ("id", "name", "rule", "min_calls", "actor", "at")
    return [
        Monitor(**dict(zip(fields, row[:6], strict=True)))
        for row in reader.rows(_MONITORS)
        if not row[6]
    ]


def _with_states(reader: Reader) -> tuple[Monitor, ...]:
    states = {row[6]: _change(row) for row in reader.rows(_LATEST_STATES)}
    return tuple(
        monitor
        if (last := states.get(monitor.id)) is None
        else replace(monitor, state=last.state, state_since=last.at, observation=last.observation)
        for monitor in _monitors(reader)
    )


def _is_news(monitor: Monitor, seen: Observation) -> bool:
    known = monitor.observation
    return monitor.state != seen.state and (known is None or known.until < seen.until)


def _change(row: Any) -> StateChange:
    number, before, state, body, actor, at, _, name, rule = row
    return StateChange(
        id=number,
        monitor=name,
        rule=rule,
        before=before,
        state=state,
        observation=Observation(**read_json(body)),
        actor=actor,
        at=at,
    )


def _named(monitors: Sequence[Monitor], name: str) -> Monitor:
    found = next((monitor for monitor in monitors if monitor.name == name), None)
    if found is None:
        known = ", ".join(monitor.name for monitor in monitors[:20]) or "none"
        raise UsageError(f"There is no monitor {name[:100]!r}.", hint=f"There are: {known}.")
    return found


def _edit(action: str, monitor: Monitor, *, changed: bool) -> MonitorEdit:
    return MonitorEdit(
        action=action,
        name=monitor.name,
        rule=monitor.rule,
        min_calls=monitor.min_calls,
        actor=monitor.actor,
        at=monitor.at,
        changed=changed,
    )
