"""Real records for the views' tests: small, with numbers that can be checked by hand."""

from __future__ import annotations

from decimal import Decimal

from llmops_magics.evals.calibration.agreement import agreement, confusion
from llmops_magics.evals.calibration.predictor import constant
from llmops_magics.evals.calibration.record import (
    Calibration,
    Decision,
    Disagreement,
    Requirements,
)
from llmops_magics.evals.run import (
    Comparison,
    EvalRun,
    RunSummary,
    Sample,
    Score,
    ScoreDifference,
    ScoreSummary,
)
from llmops_magics.prompts.version import (
    Change,
    ChangeTest,
    Example,
    Examples,
    Inclusion,
    Message,
    PromptDiff,
    PromptVersion,
)
from llmops_magics.release.gate.result import GateDecision, GateResult, RuleResult, Verdict
from llmops_magics.tracing.trace import CallTotals, Span, Trace

DIGEST = "sha256:" + "0123456789abcdef" * 4


def sample(case_id="c1", *, value=True, t="plain", error="", cost="0.00042", **changes):
    scores = (
        Score(scorer=f"contains {t}", value=value, reason=f"because {t}"),
        Score(scorer="similarity", value=0.5, reason=t),
    )
    fields = {
        "case_id": case_id,
        "repeat": 0,
        "inputs": {f"question {t}": t, "context": f"{t} " * 60},
        "expected": [t, "or this"],
        "output": f"answer {t}",
        "error": error,
        "scores": scores,
        "latency_ms": 412.0,
        "input_tokens": 96,
        "output_tokens": 12,
        "cost_usd": None if cost is None else Decimal(cost),
        "tags": (t,),
        "trace_id": t,
    }
    return Sample(**(fields | changes))


def summary(scorer="contains plain", **changes):
    fields = {
        "scorer": scorer,
        "mean": 0.84,
        "low": 0.721,
        "high": 0.92,
        "method": "Wilson",
        "n": 50,
        "missing": 0,
        "not_applicable": 0,
        "is_proportion": True,
    }
    return ScoreSummary(**(fields | changes))


def comparison(t="plain", improved=("c2",), regressed=("c1",)):
    item = ScoreDifference(
        scorer=f"contains {t}",
        difference=0.04,
        low=-0.021,
        high=0.1,
        method=f"bootstrap {t}",
        n=50,
        improved=improved,
        regressed=regressed,
    )
    return Comparison(
        baseline_run_id=t,
        baseline_prompt=f"answer@1 {t}",
        common_cases=50,
        differences=(item,),
        baseline_outputs={"c1": f"older {t} " * 40, "c2": f"older {t}"},
    )


def eval_run(samples=None, *, t="plain", beside=None, scores=None, **changes):
    samples = (sample("c1", t=t), sample("c2", t=t, value=False)) if samples is None else samples
    failed = tuple(s.case_id for s in samples if s.failed)
    totals = RunSummary(
        samples=len(samples),
        cases=len(samples),
        errors=sum(bool(s.error) for s in samples),
        failed_cases=failed,
        scores=(summary(f"contains {t}", method=t), *(scores or ())),
        latency_p50_ms=412.0,
        latency_p95_ms=1234.0,
        input_tokens=4800,
        output_tokens=600,
        cost_usd=Decimal("0.021"),
        unpriced_samples=sum(s.cost_usd is None for s in samples),
        wall_s=14.2,
    )
    fields = {
        "run_id": t,
        "prompt": f"answer@2 {t}",
        "prompt_digest": t,
        "dataset": t,
        "dataset_digest": t,
        "model": t,
        "resolved_models": (t, "another"),
        "repeats": 1,
        "started_at": t,
        "summary": totals,
        "samples": tuple(samples),
        "scorer_digests": {t: t},
        "comparison": beside,
    }
    return EvalRun(**(fields | changes))


def prompt_diff(t="plain"):
    return PromptDiff(
        before=t,
        after=t,
        changes=(
            Change(field=t, before=f"be brief\n{t}", after=f"be kind\n{t} {t}"),
            Change(field="settings.temperature", before="0", after="0.7"),
        ),
    )


def prompt_version(t="plain", **changes):
    fields = {
        "name": f"answer{t}",
        "number": 2,
        "digest": DIGEST,
        "messages": (
            Message(role=t, content=t),
            Message(role="user", content="Question: {{ question }} " + t),
        ),
        "model": t,
        "settings": {t: t},
        "description": t,
        "variables": (t,),
        "message": t,
        "author": t,
        "created_at": "2030-01-31T09:15:00.000000Z",
        "source": t,
        "labels": (t,),
        "is_new": True,
        "outcome": "new version",
        "diff": prompt_diff(t),
    }
    return PromptVersion(**(fields | changes))


def full_version(t="plain", **changes):
    """A version with every part that there is."""
    inner = Inclusion(reference=t, name=t, digest=t, content=t)
    tool = {
        "type": "function",
        "function": {
            "name": f"lookup {t}",
            "description": t,
            "parameters": {"type": "object", "properties": {t: {"type": "string"}}},
        },
    }
    fields = {
        "settings": {"tools": [tool], "tool_choice": t, "response_format": {"type": t, t: t}},
        "inputs": {
            t: {"type": "string", "minLength": 1, "maxLength": 500, "description": t},
            "tone": {"type": "string", "enum": [t, "kind"], "default": t},
        },
        "sample": {t: t},
        "includes": (Inclusion(reference=t, name=t, digest=DIGEST, content=t, includes=(inner,)),),
        "examples": Examples(
            cases=(Example(inputs={t: t}, expected=[t]),), dataset=f"{t}@{DIGEST}", user=t
        ),
        "images": {t: DIGEST},
        "tests": (ChangeTest(data=t, rules=(t,), scorers=(t,), model=t, baseline=t),),
        "tags": {t: t, "reviewed": ""},
    }
    return prompt_version(t, **(fields | changes))


def span(span_id="1", parent=None, *, start_ms=0, ms=100.0, name="chat", **changes):
    fields = {
        "trace_id": "t1",
        "span_id": span_id,
        "parent_id": parent,
        "name": name,
        "started_ns": 1_900_000_000_000_000_000 + start_ms * 1_000_000,
        "duration_ms": ms,
        "status": "ok",
        "attributes": {},
    }
    return Span(**(fields | changes))


def trace(spans=(), *, t="cell", span_count=None, **totals):
    totals = {"calls": 3, "input_tokens": 412, "output_tokens": 96} | totals
    return Trace(
        trace_id=t,
        name=t,
        totals=CallTotals(**totals),
        wall_ms=1800.0,
        span_count=len(spans) if span_count is None else span_count,
        spans=tuple(spans),
    )


def gate_decision(t="plain", verdict=Verdict.FAIL, **changes):
    rules = (
        RuleResult(
            rule=f"mean(contains) >= 0.8 {t}",
            verdict=verdict,
            reason=f"observed 0.7 {t}",
            observed=0.7,
            low=0.6,
            high=0.79,
            n=50,
        ),
        RuleResult(rule="errors == 0", verdict=Verdict.PASS, reason="no errors"),
    )
    fields = {
        "verdict": verdict,
        "rules": rules,
        "run_id": t,
        "prompt": t,
        "prompt_digest": t,
        "dataset": t,
        "dataset_digest": t,
        "model": t,
        "resolved_models": (t,),
        "failing_cases": ("c2", t),
        "cost_usd": Decimal("0.021"),
        "unpriced_samples": 0,
        "baseline": t,
        "index_fingerprint": t,
        "decided_at": t,
    }
    return GateDecision(**(fields | changes))


def gate_result(t="plain", **changes):
    fields = {
        "gate_id": t,
        "notebook": t,
        "verdict": Verdict.FAIL,
        "exit_code": 1,
        "problems": (t,),
        "decision": gate_decision(t),
        "parameters": {t: t},
        "digests": {t: t},
        "packages": {t: t},
        "git_commit": t,
        "started_at": t,
        "finished_at": t,
        "duration_s": 61.0,
        "files": {t: t},
        "archive": t,
    }
    return GateResult(**(fields | changes))


def calibration(t="That.", *, granted=True):
    """40 labels, 36 of which the judge finds too: recalls of 0.9, kappa 0.8."""
    pairs = [("yes", "yes")] * 18 + [("yes", "no")] * 2 + [("no", "yes")] * 2 + [("no", "no")] * 18
    reasons = () if granted else ("The judge always says yes.", t)
    return Calibration(
        judge="faithfulness",
        identity={
            "scorer": DIGEST,
            "prompt": "judge/faithfulness@2",
            "prompt_digest": DIGEST,
            "model": "openai/judge",
            "digest": DIGEST,
        },
        resolved_models=(t,),
        dataset="support-labels@3",
        dataset_digest=DIGEST,
        label="label",
        threshold=None,
        classes=("yes", "no"),
        labels=43,
        judged=40,
        missing=3,
        not_applicable=0,
        unlabelled=0,
        agreement=agreement(pairs),
        confusion=confusion(pairs, ("yes", "no")),
        predictors=(constant([human for human, _ in pairs]),),
        consistency=None,
        position=None,
        length=None,
        disagreements=tuple(
            Disagreement(case_id=f"case-{i}", human="yes", judged="no", reason=f"unsupported: {t}")
            for i in range(2)
        ),
        missing_reasons={f"It was not JSON. {t}": 3},
        decision=Decision(granted=granted, reasons=reasons, requirements=Requirements()),
        issued_at="2026-11-23T10:00:00.000000Z",
        actor=t,
        licence=7,
    )
