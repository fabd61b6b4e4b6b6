"""Approvals and readiness whose texts are all the same text."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from llmops_magics.prompts.version import Change, PromptDiff
from llmops_magics.release.approval.bundle import ReleaseBundle
from llmops_magics.release.approval.record import (
    Approval,
    ApprovalList,
    ApprovalRequest,
    GateEvidence,
    Mark,
    Readiness,
    Requirement,
    Waiting,
)
from llmops_magics.release.gate.result import RuleResult, Verdict

AT = "2026-11-01T09:15:00.000000Z"


def approval(t="bob", **changes):
    fields = {
        "id": "apr-1",
        "environment": t,
        "prompt": t,
        "number": 7,
        "bundle_digest": t,
        "dossiers": (t,),
        "decision": "approve",
        "approver": t,
        "key_id": t,
        "reason": t,
        "about": "",
        "shown_digest": t,
        "at": AT,
        "expires_at": AT,
        "missing": (t,),
        "why": t,
    }
    return Approval(**(fields | changes))


def waiting(t="bob", **changes):
    fields = {
        "id": t,
        "what": "approval",
        "prompt": t,
        "number": 7,
        "environment": t,
        "tier": t,
        "asked_by": t,
        "reason": t,
        "since": AT,
        "waiting_s": 200_000.0,
        "have": 1,
        "need": 2,
        "role": t,
        "approvers": (t,),
        "may": (t,),
        "not_by": (t,),
        "missing": (t,),
    }
    return Waiting(**(fields | changes))


def gate(t="cases@1", **changes):
    rule = RuleResult(
        rule=f"contains >= 0.6 {t}",
        verdict=Verdict.PASS,
        reason=t,
        observed=0.95,
        low=0.83,
        high=0.99,
        n=40,
    )
    fields = {
        "gate": t,
        "gate_id": t,
        "dossier": t,
        "verdict": "PASS",
        "mode": "live",
        "run_id": t,
        "finished_at": AT,
        "signed_by": t,
        "key_id": t,
        "is_known": True,
        "rules": (rule,),
        "failing_cases": (t, "c12"),
        "cost_usd": Decimal("0.04"),
        "dataset": t,
        "baseline": t,
        "runs": 3,
        "passed": 2,
    }
    return GateEvidence(**(fields | changes))


def readiness(t="support/answer@7", **changes):
    bundle = ReleaseBundle(
        prompt=t, number=7, prompt_digest=t, model=t, settings_digest=t, index={t: t}
    )
    fields = {
        "ref": t,
        "bundle": bundle,
        "bundle_digest": t,
        "environment": t,
        "tier": "high",
        "ready": False,
        "requirements": (
            Requirement(name=f"gate {t}", met=True, said=t, evidence=(t,)),
            Requirement(name="approvals", met=False, said=t),
        ),
        "dossiers": (gate(t),),
        "approvals": (approval(t), approval(t, decision="break-glass", state="needs review")),
        "warnings": (t,),
        "author": t,
        "approvers": 2,
        "role": t,
        "served": t,
        "diff": PromptDiff(before=t, after=t, changes=(Change(field=t, before="", after=t),)),
        "decided_at": AT,
        "lapses_at": AT,
        "mark": Mark(gate_runs=1, approvals=2, after=3, index={t: t}),
    }
    return Readiness(**(fields | changes))


def every_record(t):
    glass = approval(t, decision="break-glass", state="needs review")
    kinds = ("approval", "evidence", "release", "review after")
    return [
        approval(t),
        glass,
        approval(t, decision="withdraw", about=t),
        ApprovalRequest(
            id=t,
            environment=t,
            prompt=t,
            number=7,
            bundle_digest=t,
            actor=t,
            reason=t,
            at=AT,
            missing=(t,),
        ),
        ApprovalList(waiting=tuple(waiting(t, what=kind) for kind in kinds), at=AT),
        readiness(t),
        replace(readiness(t), broken_glass=glass),
        readiness(t, requirements=(), dossiers=(), approvals=(), diff=None, ready=True),
    ]
