"""Red team reports for the views' tests."""

from __future__ import annotations

from decimal import Decimal

from llmops_magics.evals.redteam.report import AttackResult, FamilyResult, RedteamReport


def family(t="", **changes):
    fields = {
        "family": f"f{t}", "title": f"Family{t}", "risks": ("LLM01",), "attacks": 12,
        "succeeded": 3, "undecided": 1, "rate": 0.25, "low": 0.1, "high": 0.5, "method": "Wilson",
        "difference": -0.25, "difference_low": -0.4, "difference_high": -0.1, "verdict": "better",
    }  # fmt: skip
    return FamilyResult(**(fields | changes))


def report(t="", **changes):
    attack = AttackResult(
        case_id=f"f/a{t}", family=f"f{t}", outcome="succeeded", reason=f"why{t}", sent=f"sent{t}",
        answered=f"answered{t}", trace_id=t,
    )  # fmt: skip
    fields = {
        "run_id": "run-0123456789ab-cdef0123", "target": f"p@1{t}", "model": f"openai/m{t}",
        "suite": f"owasp{t}", "suite_version": "1", "suite_digest": "sha256:a", "seed": 0,
        "dataset": f"redteam/owasp{t}", "dataset_digest": "sha256:b", "total": family(t),
        "families": (family(t),), "attacks": (attack,), "left_out": {f"x{t}": f"no canary{t}"},
        "baseline_run_id": "run-b", "baseline": f"p@0{t}", "compared": 12,
        "cost_usd": Decimal("0.5"), "run": None,
    }  # fmt: skip
    return RedteamReport(**(fields | changes))


def every_record(t="plain"):
    """Return a report as every view has to stand it."""
    return [report(t)]
