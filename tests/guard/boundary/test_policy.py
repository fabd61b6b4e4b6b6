from __future__ import annotations

from typing import get_args

import pytest

from llmops_magics.config.guard import BoundaryName, GuardSettings, PolicySettings, SeverityName
from llmops_magics.guard.boundary.policy import Place, decide
from llmops_magics.guard.detector import BOUNDARIES
from llmops_magics.guard.finding import SEVERITIES, Finding
from llmops_magics.guard.scan import DetectorRun, TextScan


def finding(kind="pii.email", severity="medium", detector="pii", start=0):
    return Finding(
        kind=kind, start=start, end=start + 5, score=1.0, severity=severity,
        detector=detector, version="1",
    )  # fmt: skip


def scan(*findings, failed=()):
    runs = [DetectorRun(detector=d, version="", elapsed_ms=0.1, error="gone") for d in failed]
    return TextScan(findings=findings, runs=tuple(runs))


def policies(*given):
    return GuardSettings(policy=[PolicySettings(**each) for each in given]).policies


INPUT = Place(boundary="input", prompt="support/reply@7")


def test_the_settings_name_the_boundaries_and_severities_that_there_are():
    assert get_args(BoundaryName) == BOUNDARIES
    assert get_args(SeverityName) == SEVERITIES


def test_nothing_found_is_allowed_and_what_no_policy_fits_is_flagged():
    clean = decide(scan(), policies({"action": "block"}), INPUT)
    assert (clean.action, clean.is_clean) == ("allow", True)
    flagged = decide(scan(finding()), policies({"action": "block", "kind": "secret"}), INPUT)
    assert (flagged.action, flagged.policies) == ("flag", ())


def test_the_first_policy_that_fits_decides_for_a_finding():
    rules = policies(
        {"action": "allow", "kind": "pii.email"},
        {"action": "block", "kind": "pii", "name": "no-pii"},
    )
    assert decide(scan(finding()), rules, INPUT).action == "allow"
    decided = decide(scan(finding(), finding("pii.phone")), rules, INPUT)
    assert (decided.action, decided.policies) == ("block", ("no-pii",))
    assert decided.kinds == ("pii.phone",)


@pytest.mark.parametrize(
    ("actions", "strictest"),
    [
        (("flag", "redact"), "redact"),
        (("redact", "ask"), "ask"),
        (("ask", "block"), "block"),
        (("allow", "flag"), "flag"),
    ],
)
def test_the_strictest_action_wins(actions, strictest):
    rules = policies(*({"action": a, "kind": k} for a, k in zip(actions, "ab", strict=True)))
    assert decide(scan(finding("a"), finding("b")), rules, INPUT).action == strictest


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({"boundary": "input"}, True),
        ({"boundary": ["output", "tool_result"]}, False),
        ({"kind": "pii"}, True),
        ({"kind": "pi"}, False),
        ({"detector": "pii"}, True),
        ({"detector": "pii-model"}, False),
        ({"severity": "medium"}, True),
        ({"severity": "high"}, False),
        ({"prompt": "support/*"}, True),
        ({"prompt": "support/reply@7"}, True),
        ({"prompt": "sales/*"}, False),
        ({"environment": "prod*"}, False),
        ({"environment": ["prod", "dev"]}, True),
        ({"environment": "DE*"}, True),
        ({"prompt": "Support/*"}, False),
    ],
)
def test_all_that_a_policy_says_must_hold(condition, fits):
    decided = decide(scan(finding()), policies({"action": "block", **condition}), INPUT)
    assert decided.action == ("block" if fits else "flag")


@pytest.mark.parametrize(
    ("rule", "action"),
    [
        ({"action": "block", "kind": "injection"}, "block"),
        ({"action": "ask", "detector": "injection"}, "block"),
        ({"action": "block", "kind": "secret"}, "flag"),
        ({"action": "redact", "kind": "injection"}, "flag"),
        ({"action": "block", "kind": "injection", "boundary": "output"}, "flag"),
    ],
)
def test_a_detector_that_failed_blocks_where_it_could_have(rule, action):
    failing = scan(failed=("injection",))
    assert decide(failing, policies(rule), INPUT).action == action
    assert decide(failing, policies(rule), INPUT, in_gate=True).action == "block"


def test_a_failed_detector_of_somebody_else_may_have_looked_for_anything():
    rules = policies({"action": "block", "kind": "secret"})
    assert decide(scan(failed=("theirs:x",)), rules, INPUT).action == "block"


def test_what_was_not_read_is_decided_as_the_worst_that_could_stand_there():
    unread = scan(finding("incomplete", detector="injection"))
    worst = {"action": "block", "kind": "injection", "severity": "critical"}
    assert decide(unread, policies(worst), INPUT).action == "block"
    assert decide(unread, policies({"action": "block", "kind": "pii"}), INPUT).action == "flag"
    lenient = policies({"action": "allow", "kind": "incomplete"}, worst)
    assert decide(unread, lenient, INPUT).action == "allow"


def test_names_of_policies_differ():
    with pytest.raises(ValueError, match="two policies are called 'a'"):
        policies({"action": "flag", "name": "a"}, {"action": "flag", "name": "a"})
