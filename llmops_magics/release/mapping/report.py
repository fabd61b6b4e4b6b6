"""The report that maps records to requirements: for each, what is there and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection, select

from llmops_magics.audit.event import AuditEvent
from llmops_magics.audit.verification import AuditReport
from llmops_magics.record import Record, format_time, utc_now
from llmops_magics.release.mapping.evidence import Evidence, Period, gather
from llmops_magics.release.mapping.framework import Framework, Requirement, chosen
from llmops_magics.storage.table import audit_event

RECORDED, PARTLY, MISSING, ELSEWHERE = "records", "partly", "no records", "elsewhere"


@dataclass(frozen=True, kw_only=True)
class MappingReport(Record):
    """Which records there are for the requirements of some frameworks, in a period.

    ``examples`` are the audit events that evidence names. ``trail`` is the check of the whole
    chain, made for this report.
    """

    kind: ClassVar[str] = "mapping-report"

    workspace: str
    made_at: str
    made_by: str
    since: str
    until: str
    frameworks: tuple[Framework, ...]
    evidence: dict[str, Evidence]
    examples: tuple[AuditEvent, ...]
    trail: AuditReport

    def of(self, requirement: Requirement) -> tuple[Evidence, ...]:
        """Return what there is for a requirement, in its order."""
        return tuple(self.evidence[name] for name in requirement.records)

    def state(self, requirement: Requirement) -> str:
        """Say whether records of all its kinds are there, of some, of none, or cannot be here."""
        there = [each.is_there for each in self.of(requirement)]
        if not there:
            return ELSEWHERE
        return RECORDED if all(there) else PARTLY if any(there) else MISSING


def mapping_report(
    connection: Connection,
    *,
    workspace: str,
    actor: str,
    trail: AuditReport,
    told: Mapping[str, str],
    period: Period | None = None,
    ids: Sequence[str] = (),
) -> MappingReport:
    """Count the records of a period for the frameworks that are named, all of them for none."""
    within = period or Period()
    selected = chosen(tuple(ids))
    used = {name for each in selected for one in each.requirements for name in one.records}
    evidence = {k: v for k, v in gather(connection, within, told).items() if k in used}
    seqs = sorted({seq for each in evidence.values() for seq in each.examples})
    query = select(audit_event).where(audit_event.c.seq.in_(seqs)).order_by(audit_event.c.seq)
    return MappingReport(
        workspace=workspace,
        made_at=format_time(utc_now()),
        made_by=actor,
        since=within.since,
        until=within.until,
        frameworks=selected,
        evidence=evidence,
        examples=tuple(AuditEvent(**row) for row in connection.execute(query).mappings()),
        trail=trail,
    )
