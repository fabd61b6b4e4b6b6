"""Records of the audit surfaces whose every text is ``t``."""

from __future__ import annotations

from decimal import Decimal

import view_records as records

from llmops_magics.audit.checkpoint import Checkpoint
from llmops_magics.audit.erasure import Erasure
from llmops_magics.audit.event import AuditEvent
from llmops_magics.audit.export import AuditExport
from llmops_magics.audit.retention import ClassRetention, Hold, RetentionReport
from llmops_magics.audit.search import AuditLog, AuditSearch
from llmops_magics.audit.signing.register import RegisteredKey
from llmops_magics.audit.verification import AuditReport
from llmops_magics.release.account.record import (
    Account,
    GateRun,
    ReleaseStep,
    RolloutLook,
    ServedCalls,
    ServedVersion,
)
from llmops_magics.release.approval.record import Approval
from llmops_magics.release.incident import Incident, IncidentList
from llmops_magics.release.mapping.evidence import Evidence
from llmops_magics.release.mapping.framework import Framework, Requirement
from llmops_magics.release.mapping.report import MappingReport
from llmops_magics.workbench.signing import KeyList

AT = "2030-01-31T09:15:00.000000Z"


def event(t="jo", **changed):
    body = {"reason": t, "before": {"a": t}, "after": {"a": [t], t: t}, "evidence": [t], t: {t: t}}
    known = {"seq": 7, "time": AT, "actor": t, "action": t, "resource": t, "body": body}
    return AuditEvent(**known | {"previous": t, "hash": t} | changed)


def report(t="x", **changed):
    known = {"events": 9, "head": t, "problems": (t,), "warnings": (t,), "archives": 1, "heads": 2}
    return AuditReport(**known | changed)


def incident(t="x", **changed):
    texts = ("id", "environment", "prompt", "severity", "title", "system_id", "reporter", "source")
    texts += ("data_reported", "description", "impact", "stakeholders", "actor", "action_taken")
    known = dict.fromkeys(texts, t) | {"state": "open", "versions": (t,)}
    times = dict.fromkeys(("occurred_at", "opened_at", "at"), AT)
    return Incident(**known | times | changed)


def approval(t="x", **changed):
    texts = ("id", "environment", "prompt", "bundle_digest", "decision", "approver", "key_id")
    texts += ("reason", "about", "shown_digest", "expires_at", "why")
    known = dict.fromkeys(texts, t) | {"number": 1, "dossiers": (t,), "at": AT}
    return Approval(**known | changed)


def account(t="x", **changed):
    version = ServedVersion(
        ref=t, digest=t, model=t, index={t: t}, author=t, created_at=AT, message=t, bundle_digest=t
    )
    step = ReleaseStep(
        generation=1, action=t, state=t, stable=t, candidate=t, share=0.25, actor=t, reason=t,
        evidence=(t,), rollout_id=t, at=AT, seq=7,
    )  # fmt: skip
    gate = GateRun(
        gate=t, gate_id=t, verdict=t, mode=t, dossier=t, signed_by=t, key_id=t, actor=t,
        finished_at=AT, is_evidence=True, rules=records.gate_decision(t).rules, problem=t,
    )  # fmt: skip
    look = RolloutLook(
        rollout_id=t, generation=1, decision=t, reason=t, arms={t: {"requests": 3}}, at=AT
    )
    calls = ServedCalls(
        ref=t, calls=3, released=None, errors=None, cost_usd=Decimal(1), unpriced_calls=1,
        first=AT, last=AT,
    )  # fmt: skip
    known = {
        "ref": t, "prompt": t, "environment": t, "at": AT, "state": t, "version": version,
        "candidate": version, "share": 0.25, "before": t, "diff": records.prompt_diff(t),
        "approvals": (approval(t), approval(t, state=t)), "gates": (gate,), "steps": (step,),
        "total_steps": 9, "looks": (look,), "total_looks": 2, "served": (calls,),
        "incidents": (incident(t), incident(t, state="closed")), "broken_glass": (event(t),),
        "events": (event(t),), "total_events": 1, "notes": (t,),
    }  # fmt: skip
    return Account(**known | changed)


def mapping(t="x"):
    asked = Requirement(id=t, title=t, asks=t, records=("a", "b"), elsewhere=(t,))
    framework = Framework(
        id=t, title=t, text=t, source=t, read_on=t, applies=t, requirements=(asked,)
    )
    there = Evidence(source="a", title=t, count=2, first=AT, last=AT, examples=(7,), said=t)
    missing = Evidence(source="b", title=t, count=0)
    return MappingReport(
        workspace=t, made_at=AT, made_by=t, since="", until="", frameworks=(framework,),
        evidence={"a": there, "b": missing}, examples=(event(t),), trail=report(t),
    )  # fmt: skip


def every_record(t):
    hold = Hold(resource=t, reason=t, actor=t, since=AT, seq=7)
    kept = ClassRetention(name=t, keep_days=9.5, total=3, oldest=AT, held=1, expired=(t,))
    found = AuditSearch(resource=t, actor=t, action=t)
    key = RegisteredKey(name=t, key_id=t, public=t, added_at=AT, revoked_at=AT, reason=t)
    return [
        event(t),
        AuditLog(search=found, events=(event(t), event(t, body={t: t})), has_more=True),
        report(t),
        report(t, problems=(), heads=0),
        Checkpoint(seq=7, head=t, chain=t, key_id=t, actor=t, at=AT, file=t, published=(t,)),
        AuditExport(format="jsonl", path=t, events=2, previous=t, head=t, files=(t,)),
        Erasure(subject=t, reason=t, erased_at=AT, seq=7),
        incident(t),
        IncidentList(incidents=(incident(t), incident(t, state="closed"))),
        account(t),
        mapping(t),
        hold,
        kept,
        RetentionReport(at=AT, classes=(kept,), holds=(hold,), events=9, deleted=(t,)),
        key,
        KeyList(keys=(key,), register=t, own=t, own_name=t, own_public=t, own_path=t),
    ]
