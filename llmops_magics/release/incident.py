"""Incidents: what went wrong in production, told once, kept for ever, closed with what was done.

An incident keeps the minimum of NIST AI 600-1 GV-4.3-002 (system, title, reporter, system or
source, data reported, date, description, impact, stakeholders), and which versions were served
when it happened. A near miss is one too (MG-4.3-002). Every row goes with its audit event.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, func, insert, select

from llmops_magics.audit import trail
from llmops_magics.audit.erasure import Names, pseudonym
from llmops_magics.errors import ReleaseError
from llmops_magics.prompts.remark import check_message, check_reason
from llmops_magics.record import Record, format_time, to_jsonable, utc_now
from llmops_magics.redaction import redact
from llmops_magics.storage.table import incident as table
from llmops_magics.storage.table import release_state

SEVERITIES: Final = ("near-miss", "minor", "major", "serious")  # the mildest first
OPEN, CLOSED = "open", "closed"
_DETAILS = (
    *("system_id", "reporter", "source", "data_reported", "occurred_at", "description"),
    *("impact", "stakeholders", "versions", "opened_at", "action_taken"),
)


@dataclass(frozen=True, kw_only=True)
class Incident(Record):
    """One incident as it is now.

    ``data_reported`` is what the report rests on (traces, tickets), ``occurred_at`` when it
    happened as far as is known, ``versions`` what the environment served of the prompt then, as
    ``name@number``. ``action_taken`` and ``closed_at`` are empty while it is open.
    """

    kind: ClassVar[str] = "incident"

    id: str
    environment: str
    prompt: str
    state: str
    severity: str
    title: str
    system_id: str
    reporter: str
    source: str
    data_reported: str
    occurred_at: str
    description: str
    impact: str
    stakeholders: str
    versions: tuple[str, ...]
    opened_at: str
    actor: str
    at: str
    action_taken: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it yet."""
        return self.state == OPEN

    @property
    def closed_at(self) -> str:
        """When it was closed; empty while it is open."""
        return "" if self.is_open else self.at

    @property
    def resource(self) -> str:
        """What it is about, as the audit trail names it."""
        return f"{self.prompt}@{self.environment}"


@dataclass(frozen=True, kw_only=True)
class IncidentList(Record):
    """Incidents, the open ones first, then the newest."""

    kind: ClassVar[str] = "incident-list"

    incidents: tuple[Incident, ...]


def open_incident(
    connection: Connection,
    *,
    prompt: str,
    environment: str,
    title: str,
    actor: str,
    severity: str = "minor",
    **details: str,
) -> Incident:
    """Write a new incident and its event, in the caller's transaction; texts are masked first.

    ``details`` are the fields of ``Incident`` from ``system_id`` to ``stakeholders``; the system
    is by default the prompt in its environment, the reporter the actor, the date now.
    """
    if severity not in SEVERITIES:
        raise ReleaseError(f"{severity!r} is no severity.", hint=f"Give {', '.join(SEVERITIES)}.")
    told = {name: redact(check_message(text).strip()) for name, text in details.items() if text}
    now = format_time(utc_now())
    at = told.get("occurred_at") or now
    found = Incident(
        id=f"inc-{secrets.token_hex(6)}",
        environment=environment,
        prompt=prompt,
        state=OPEN,
        severity=severity,
        title=_said(title, "title"),
        system_id=told.get("system_id") or f"{prompt}@{environment}",
        reporter=told.get("reporter") or actor,
        source=told.get("source", ""),
        data_reported=told.get("data_reported", ""),
        occurred_at=at,
        description=told.get("description", ""),
        impact=told.get("impact", ""),
        stakeholders=told.get("stakeholders", ""),
        versions=served_at(connection, prompt, environment, at),
        opened_at=now,
        actor=actor,
        at=now,
    )
    _write(connection, found, before="", reason=found.title)
    return found


def close_incident(
    connection: Connection, incident_id: str, *, actor: str, action: str
) -> Incident:
    """Close an incident with what was done about it, in the caller's transaction."""
    found = get_incident(connection, incident_id)
    if not found.is_open:
        raise ReleaseError(
            f"The incident {incident_id} is closed already.", hint="Open a new one if it came back."
        )
    done = _said(action, "action that was taken")
    now = format_time(utc_now())
    closed = replace(found, state=CLOSED, action_taken=done, actor=actor, at=now)
    _write(connection, closed, before=OPEN, reason=done)
    return closed


def get_incident(connection: Connection, incident_id: str) -> Incident:
    """Return an incident as it is now; raises ``ReleaseError`` where there is none."""
    query = select(table).where(table.c.id == incident_id).order_by(table.c.row.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise ReleaseError(
            f"There is no incident {incident_id!r}.", hint="See `llmops audit incident list`."
        )
    return _of_row(row, Names(connection))


def list_incidents(
    connection: Connection, *, prompt: str = "", environment: str = "", only_open: bool = False
) -> IncidentList:
    """Return incidents as they are now, of one prompt or environment where that is given."""
    newest = select(func.max(table.c.row)).group_by(table.c.id)
    if prompt:
        newest = newest.where(table.c.prompt == prompt)
    if environment:
        newest = newest.where(table.c.environment == environment)
    query = select(table).where(table.c.row.in_(newest)).order_by(table.c.row.desc())
    names = Names(connection)
    found = [_of_row(row, names) for row in connection.execute(query).mappings()]
    shown = [each for each in found if each.is_open or not only_open]
    return IncidentList(incidents=tuple(sorted(shown, key=lambda each: not each.is_open)))


def open_incidents(connection: Connection, prompt: str, environment: str) -> tuple[Incident, ...]:
    """Return what is still open of a prompt in an environment: a release there says so."""
    found = list_incidents(connection, prompt=prompt, environment=environment, only_open=True)
    return found.incidents


def served_at(connection: Connection, prompt: str, environment: str, at: str) -> tuple[str, ...]:
    """Return the versions that an environment served of a prompt at a moment, stable one first."""
    state = release_state.c
    query = (
        select(state.stable, state.candidate, state.share)
        .where(state.environment == environment, state.prompt == prompt, state.at <= at)
        .order_by(state.generation.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return ()
    bundles = (row.stable, row.candidate if row.share else None)
    return tuple(f"{each['prompt']}@{each['number']}" for each in bundles if each)


def _write(connection: Connection, found: Incident, *, before: str, reason: str) -> None:
    details = {name: getattr(found, name) for name in _DETAILS}
    row = {
        name: getattr(found, name)
        for name in ("id", "environment", "prompt", "state", "severity", "title", "actor", "at")
    }
    if connection.get_execution_options().get(trail.SEALED):  # here too it names nobody
        row["actor"] = pseudonym(connection, found.actor)
        details["reporter"] = pseudonym(connection, found.reporter)
    connection.execute(insert(table), row | {"details": to_jsonable(details)})
    trail.append(
        connection,
        actor=found.actor,
        action="incident.open" if found.is_open else "incident.close",
        resource=found.resource,
        body={
            "before": before,
            "after": found.state,
            "reason": reason,
            "evidence": [found.id, *found.versions],
            "severity": found.severity,
        },
    )


def _of_row(row: Mapping[Any, Any], names: Names) -> Incident:
    known = {name: value for name, value in row.items() if name not in ("row", "details")}
    details = dict(row["details"])
    people = {"actor": names.actor(row["actor"]), "reporter": names.actor(details["reporter"])}
    return Incident(**known | details | people | {"versions": tuple(details["versions"])})


def _said(text: str, what: str) -> str:
    said = redact(check_reason(text).strip())
    if not said:
        raise ReleaseError(f"The incident has no {what}.", hint="Say it in a sentence.")
    return said
