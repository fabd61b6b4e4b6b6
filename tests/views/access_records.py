"""Decisions on access whose every text is ``t``."""

from __future__ import annotations

from llmops_magics.guard.access.decision import AccessDecision


def decision(t="ann", **changed):
    known = {
        "principal": t,
        "groups": (t, "public"),
        "roles": (t,),
        "action": "approve",
        "resource": f"prompt:{t}",
        "environment": t,
        "allowed": False,
        "policies": (t,),
        "reasons": (t, t),
        "policy_digest": "sha256:" + "0" * 64,
        "errors": (t,),
        "needs_yes": True,
        "roles_that_may": (t,),
    }
    return AccessDecision(**known | changed)


def every_record(t):
    return [decision(t), decision(t, allowed=True, errors=(), roles_that_may=())]
