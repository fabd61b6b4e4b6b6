"""Records of environments and rollouts whose every text is ``t``."""

from __future__ import annotations

from dataclasses import replace

from llmops_magics.prompts.serving.plan import RolloutPlan, Rule
from llmops_magics.release.environment.freeze import Freeze
from llmops_magics.release.environment.record import (
    Environments,
    EnvironmentState,
    ReleaseHistory,
    ReleaseStatus,
    ServedPrompt,
)
from llmops_magics.release.rollout.controller import GuardTest
from llmops_magics.release.rollout.record import (
    ArmTotals,
    RolloutLook,
    RolloutReport,
    RolloutWatch,
    ShadowReport,
)

AT = "2030-01-31T09:15:00.000000Z"


def plan(t="x"):
    rule = Rule(attribute=t, operator="equals", values=(t,), arm=t)
    return RolloutPlan(
        steps=(5, 100), guards=(t,), kill=(t,), holdback=10.0, rules=(rule,), scorers=(t,)
    ).to_dict()


def served(t="x", **changed):
    bundle = {"prompt": t, "number": 1, "prompt_digest": t, "model": t, "index": {t: t}}
    texts = ("environment", "prompt", "action", "state", "rollout_id", "actor", "reason")
    known = {
        "generation": 7, "stable": bundle, "candidate": bundle, "held": bundle, "share": 0.05,
        "plan": plan(t), "step": 1, "back": 6, "evidence": (t,), "at": AT,
    }  # fmt: skip
    return ServedPrompt(**dict.fromkeys(texts, t) | known | changed)


def look(t="x", **changed):
    test = GuardTest(
        guard=t, metric=t, stable=0.05, candidate=0.06, stable_n=400, candidate_n=40, margin=0.04,
        exposure=0.25, alpha=0.05, harm=0.01, low=-0.04, high=0.045, p=1.0,
    )  # fmt: skip
    arms = (ArmTotals(step=0, arm=t, requests=4, spend_usd=9.5),)
    known = {
        "rollout_id": t, "environment": t, "prompt": t, "generation": 3, "step": 0, "steps": 2,
        "share": 0.05, "decision": t, "reason": t, "arms": arms, "tests": (test,), "at": AT,
        "outcome": t,
    }  # fmt: skip
    return RolloutLook(**known | changed)


def shadow(t="x"):
    means = ("similarity", *(f"{arm}_{name}" for arm in ("stable", "candidate") for name in _MEANS))
    texts = ("environment", "prompt", "rollout_id", "stable", "candidate")
    return ShadowReport(
        **dict.fromkeys(texts, t), **dict.fromkeys(means, 0.5), pairs=40, failures=2, equal=19,
        scores=((t, 1.0, 0.9, 38),), errors=((t, 2),), skipped=((t, 3),),
        least_similar=({"stable_trace": t, "candidate_trace": t, "similarity": 0.1},),
    )  # fmt: skip


_MEANS = ("characters", "latency_ms", "cost_usd")


def report(t="x"):
    (test,) = look(t).tests
    looks = tuple(
        look(t, tests=(replace(test, candidate_n=n, high=0.5 / n),)) for n in (90, 60, 30)
    )
    return RolloutReport(
        environment=t, prompt=t, rollout_id=t, state=t, step=0, share=0.05, stable=t, candidate=t,
        plan=plan(t), now=look(t), looks=looks, total_looks=9, watcher=t, shadow=shadow(t),
    )  # fmt: skip


def environments(t="x"):
    policy = {
        "gates": [t], "approvers": 2, "role": t, "calibrated": True, "reviewed_cases": 1,
        "signed": True,
    }  # fmt: skip
    frozen = Freeze(environment=t, until=AT, actor=t, reason=t, at=AT)
    state = EnvironmentState(
        name=t, after=t, label=t, low=policy, high=policy, rollout={t: t}, prompts=3, under_way=1,
        freeze=frozen,
    )  # fmt: skip
    return Environments(environments=(state,))


def every_record(t):
    states = (served(t), served(t, state="rolling"), served(t, state="paused", action="step"))
    frozen = Freeze(environment=t, until="", actor=t, reason=t, at=AT)
    return [
        environments(t),
        ReleaseStatus(
            served=states, freezes=(frozen,), asked=t, changed=True, notes=(t,), looked_at=AT
        ),
        ReleaseHistory(environment=t, prompt=t, changes=states, total=9),
        look(t),
        look(t, decision="rollback", outcome="done"),
        RolloutWatch(looks=(look(t),), rounds=3, changes=0, holder=t, problems=(t,)),
        RolloutWatch(looks=(look(t),), rounds=3, changes=1, problems=(t,), was_interrupted=True),
        report(t),
        shadow(t),
    ]
