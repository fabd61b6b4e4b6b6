"""Dossiers for the views' tests; ``t`` stands wherever a text of others may be."""

from __future__ import annotations

from decimal import Decimal

from view_records import DIGEST, comparison, gate_result, prompt_diff

from llmops_magics.release.dossier.change import (
    Difference,
    DossierDiff,
    Estimated,
    FlippedCase,
    RulePair,
    RunCost,
    ScorePair,
)
from llmops_magics.release.dossier.record import (
    Dossier,
    DossierList,
    DossierProblem,
    DossierReport,
    ListedDossier,
)

KEY = "ed25519:0123456789abcdef"
TIME = "2030-01-31T09:15:00.000000Z"


def dossier(t="plain", **changes):
    result = changes.pop("result", None) or gate_result()
    return Dossier(
        **{
            "digest": DIGEST,
            "gate": f"release_gate {t}",
            "gate_id": f"release_gate-1 {t}",
            "verdict": "PASS",
            "mode": "live",
            "environment": f"staging {t}",
            "prompt": f"support/answer@2 {t}",
            "prompt_digest": DIGEST,
            "dataset_digest": DIGEST,
            "index_fingerprint": "",
            "model": f"test/model {t}",
            "resolved_models": (f"model-1 {t}",),
            "run_id": "run-1",
            "licences": {},
            "actor": f"ci {t}",
            "signed_by": f"alice {t}",
            "key_id": KEY,
            "is_known": True,
            "signed_at": TIME,
            "finished_at": TIME,
            "result": result,
            "resources": {"judges": {t: {"model": t}}, "dataset": {"name": t}},
            "folder": f"/archive/{t}",
            **changes,
        }
    )


def report(t="plain", **changes):
    problem = DossierProblem(file=f"page.html {t}", offset=1024, until=2048, what=f"changed {t}")
    return DossierReport(
        **{
            "name": f"release_gate-1 {t}",
            "ok": False,
            "problems": (problem, DossierProblem(file=t, offset=7, what=t)),
            "files": 9,
            "size_bytes": 301_000,
            "digest": DIGEST,
            "gate_id": f"release_gate-1 {t}",
            "verdict": "PASS",
            "key_id": KEY,
            "signed_by": "",
            "is_known": False,
            "signed_at": TIME,
            "notes": (f"The key is not in the register. {t}",),
            **changes,
        }
    )


def listed(t="plain", **changes):
    return ListedDossier(
        **{
            "gate_id": f"release_gate-1 {t}",
            "gate": f"release_gate {t}",
            "verdict": "PASS",
            "mode": "live",
            "environment": f"staging {t}",
            "prompt": f"support/answer@2 {t}",
            "prompt_digest": DIGEST,
            "run_id": "run-1",
            "digest": DIGEST,
            "key_id": KEY,
            "signed_by": f"alice {t}",
            "actor": f"ci {t}",
            "folder": f"archive/{t}",
            "finished_at": TIME,
            **changes,
        }
    )


def dossier_list(t="plain"):
    unsigned = listed(t, verdict="", key_id="", signed_by="")
    return DossierList(dossiers=(listed(t), unsigned), total=12)


def dossier_diff(t="plain", **changes):
    both = (
        Estimated(mean=0.95, low=0.83, high=0.99, n=40),
        Estimated(mean=0.5, low=0.35, high=0.65, n=40),
    )
    cost = RunCost(
        cost_usd=Decimal("0.04"),
        unpriced_samples=0,
        samples=40,
        latency_p50_ms=120.0,
        latency_p95_ms=None,
    )
    return DossierDiff(
        **{
            "before": listed(t),
            "after": listed(t, verdict="FAIL", gate_id=f"release_gate-2 {t}"),
            "prompt": prompt_diff(),
            "scores": (
                ScorePair(scorer=f"exact {t}", before=both[0], after=both[1], is_proportion=True),
            ),
            "rules": (
                RulePair(
                    rule=f"exact >= 0.6 {t}",
                    before="PASS",
                    after="FAIL",
                    observed_before=0.95,
                    observed_after=0.5,
                ),
            ),
            "comparison": comparison(),
            "flipped": (
                FlippedCase(
                    case_id=f"c1 {t}",
                    scorer=f"exact {t}",
                    is_better=False,
                    answer_before=f"yes {t}",
                    answer_after=f"no {t}",
                ),
            ),
            "flips": 18,
            "cost_before": cost,
            "cost_after": cost,
            "differences": (Difference(what=f"index {t}", before="", after=f"sha256:1 {t}"),),
            "notes": (f"Nothing is paired. {t}",),
            **changes,
        }
    )


def every_record(t):
    """One of each kind, and each with its rarer parts."""
    return [
        dossier(t),
        dossier(t, result=gate_result(t, decision=None, verdict=None), verdict="", is_known=False),
        report(t),
        dossier_list(t),
        dossier_diff(t),
        dossier_diff(t, comparison=None, prompt=prompt_diff(t)),
    ]
