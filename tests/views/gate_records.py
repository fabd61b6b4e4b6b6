"""Records of gold notebooks and what is asked of them, whose every text is ``t``."""

from __future__ import annotations

import view_records as records

from llmops_magics.release.execution.aa import GateAA, RuleAA, VerdictRate
from llmops_magics.release.execution.batch import BatchEntry, GateBatch
from llmops_magics.release.execution.description import GateDescription, GateList, GateParameter
from llmops_magics.release.execution.template import GateFile
from llmops_magics.release.forecast import CostForecast
from llmops_magics.release.lint.record import GateLint, LintFinding
from llmops_magics.release.sentinel import Drifted, DriftReport


def forecast(t="x", **changed):
    numbers = (
        *("case_usd", "case_low_usd", "case_high_usd", "month_usd", "month_low_usd"),
        *("month_high_usd", "budget_usd", "latency_p95_ms", "latency_low_ms", "latency_high_ms"),
    )
    known = {"prompt": t, "model": t, "cases": 40, "unpriced": 1, "cases_per_month": 10, "rule": t}
    return CostForecast(**known | dict.fromkeys(numbers, 0.5) | changed)


def drift(t="x", **changed):
    drifted = (Drifted(what=t, before=t, after=t),)
    texts = ("verdict", "reason", "gate_id", "dossier_digest", "accepted_at", "prompt", "model")
    known = {"ours": drifted, "provider": drifted, "notes": (t,), "results": t}
    beside = records.comparison(t)
    return DriftReport(**dict.fromkeys(texts, t) | known | {"comparison": beside} | changed)


def aa(t="x"):
    rate = VerdictRate(count=3, rate=0.3, low=0.1, high=0.6)
    none = VerdictRate(count=0, rate=None, low=None, high=None)
    return GateAA(
        gate=t, prompt=t, method=t, decisions=10, cases=40, failed=rate, inconclusive=none,
        rules=(RuleAA(rule=t, failed=rate, inconclusive=none),), undecided=1, notes=(t,),
    )  # fmt: skip


def batch(t="x"):
    entries = (
        BatchEntry(notebook=t, result=records.gate_result(t)),
        BatchEntry(notebook=t, result=None, problem=t),
    )
    return GateBatch(entries=entries, exit_code=4, jobs=2, duration_s=1.5)


def every_record(t):
    parameter = GateParameter(name=t, type=t, default=t, words=t)
    described = GateDescription(name=t, title=t, question=t, parameters=(parameter,))
    found = (
        LintFinding(rule=t, severity="error", message=t, cell=2, line=5),
        LintFinding(rule=t, severity="warning", message=t),
    )
    return [
        forecast(t),
        drift(t),
        drift(t, comparison=None, verdict="we changed", results="worse"),
        aa(t),
        batch(t),
        GateList(gates=(described,)),
        GateFile(name=t, path=t, template=t, digest=t, parameters={t: t}),
        GateLint(notebook=t, cells=3, findings=found),
    ]
