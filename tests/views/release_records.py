"""What environments serve, in every state."""

from __future__ import annotations

from llmops_magics.prompts.serving.plan import RolloutPlan, Rule
from llmops_magics.release.environment.freeze import Freeze
from llmops_magics.release.environment.record import (
    Environments,
    EnvironmentState,
    ReleaseHistory,
    ReleaseStatus,
    ServedPrompt,
)

AT = "2026-11-24T02:42:01.138050Z"
RULE = Rule(attribute="plan", operator="equals", values=("beta",), arm="candidate")
PLAN = RolloutPlan(steps=(1, 5, 100), guards=("error_rate non_inferior 0.01",), rules=(RULE,))
FREEZE = Freeze(
    environment="production", until="", actor="ann", reason="Black <b>Friday</b>", at=AT
)
POLICY = {
    "gates": ["release_gate"], "approvers": 2, "role": "approver", "calibrated": True,
    "reviewed_cases": 1, "signed": True,
}  # fmt: skip


def bundle(number):
    return {
        "prompt": "support/answer", "number": number, "prompt_digest": f"sha256:{'ab' * 32}",
        "model": "openai/gpt-4.1-mini", "settings_digest": "sha256:00",
        "index": {"docs": f"sha256:{'cd' * 32}"},
    }  # fmt: skip


def served(state="rolling", **changed):
    is_under_way = state in ("rolling", "paused", "shadow")
    return ServedPrompt(
        **{
            "environment": "production", "prompt": "support/answer", "generation": 7,
            "action": "promote", "state": state, "stable": bundle(1),
            "candidate": bundle(2) if is_under_way else None,
            "held": bundle(1) if state == "holdback" else None,
            "share": 0.05 if state in ("rolling", "paused") else 0.0, "rollout_id": "r1",
            "plan": {**PLAN.to_dict(), "holdback": 10.0}, "step": 1, "back": 6, "actor": "ann",
            "reason": "shorter <script>", "evidence": (f"sha256:{'ef' * 32}",), "at": AT,
        }
        | changed
    )  # fmt: skip


def status(*states, asked="", **more):
    return ReleaseStatus(served=tuple(map(served, states)), asked=asked, looked_at=AT, **more)


def history():
    changes = tuple(served(generation=n, action="step") for n in (7, 6))
    return ReleaseHistory(
        environment="production", prompt="support/answer", changes=changes, total=7
    )


def environments():
    nothing = POLICY | {"gates": [], "approvers": 0, "calibrated": False, "signed": False}
    nothing["reviewed_cases"] = 0
    return Environments(
        environments=(
            EnvironmentState(
                name="dev", after="", label="dev", low=nothing, high=nothing, rollout={},
                prompts=0, under_way=0,
            ),
            EnvironmentState(
                name="production", after="staging", label="live", low=POLICY, high=POLICY,
                rollout={}, prompts=3, under_way=1, freeze=FREEZE,
            ),
        )
    )  # fmt: skip
