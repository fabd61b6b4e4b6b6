from __future__ import annotations

import access_records

from llmops_magics.views.access import access_decision_html, access_decision_text


def test_a_refusal_names_the_policies_that_decided():
    decision = access_records.decision(
        principal="ann",
        roles=("editor",),
        policies=("own-change",),
        reasons=("nobody approves a change of their own",),
        resource="prompt:support/answer",
        environment="dev",
        errors=(),
        needs_yes=False,
        roles_that_may=(),
    )
    assert access_decision_text(decision).splitlines()[:2] == [
        "ann approve prompt:support/answer: denied",
        "  own-change: nobody approves a change of their own",
    ]
    html = access_decision_html(decision)
    assert "denied" in html
    assert "own-change" in html


def test_where_no_policy_decided_a_role_may_help():
    decision = access_records.decision(
        policies=(), reasons=("no policy permits it",), errors=(), roles_that_may=("releaser",)
    )
    shown = access_decision_text(decision)
    assert "—: no policy permits it" in shown
    assert "with the role releaser" in shown


def test_a_failing_policy_is_shown():
    shown = access_decision_text(access_records.decision(errors=("policy x failed",)))
    assert "policy error: policy x failed" in shown
