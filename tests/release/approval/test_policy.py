"""Which tier a prompt is of: the strictest that anything says."""

from __future__ import annotations

import pytest
from approval_desk import TOML

from llmops_magics.config.settings import Settings
from llmops_magics.errors import UsageError
from llmops_magics.release.approval.policy import corpora_of, environment_of, tier_of

HIGH = "---\nrisk: high\n---\nHi {{ name }}"
LOW = "---\nrisk: low\n---\nHi {{ name }}"
PLAIN = "Hi {{ name }}"


def settings(**tiers):
    return Settings(release={"prompts": {k: {"tier": v} for k, v in tiers.items()}})


@pytest.mark.parametrize(
    ("text", "tiers", "tier"),
    [
        (PLAIN, {}, "low"),
        (HIGH, {}, "high"),
        (HIGH, {"support/*": "low"}, "high"),
        (LOW, {"support/*": "high"}, "high"),
        (PLAIN, {"*": "low", "support/answer": "high"}, "high"),
        (PLAIN, {"billing/*": "high"}, "low"),
    ],
)
def test_the_strictest_decides(desk, text, tiers, tier):
    assert tier_of(settings(**tiers), desk.prompt(text)) == tier


def test_the_risk_is_content(desk):
    one, two = desk.prompt(PLAIN), desk.prompt(HIGH)
    assert (two.number, two.risk) == (2, "high")
    assert one.digest != two.digest
    (change,) = desk.workspace.prompts.diff("support/answer@1", "support/answer@2").changes
    assert (change.field, change.after) == ("risk", "high")


def test_the_corpora_of_a_prompt_are_those_of_every_pattern():
    found = Settings(
        release={"prompts": {"s/*": {"corpora": ["b", "a"]}, "s/x": {"corpora": ["a", "c"]}}}
    )
    assert corpora_of(found, "s/x") == ("a", "b", "c")


def test_environments_are_known_by_default():
    assert environment_of(Settings(), "production").after == "staging"
    with pytest.raises(UsageError, match="There are: dev, staging, production"):
        environment_of(Settings(), "mars")


RISKY = "---\nrisk: high\n---\nuser:\nAnswer {{ question }}"


def test_a_version_does_not_make_its_own_release_milder(desk):
    """Who takes ``risk: high`` out of a text still needs what the version that is served does."""
    desk.key("ann", "dave")
    desk.settings(
        TOML + '[environments.production]\nafter = ""\nlow = {gates = [], approvers = 0}\n'
        'high = {gates = ["release_gate"], approvers = 1}\n'
    )
    desk.serve(desk.prompt(RISKY), "production")
    milder = desk.prompt(RISKY.replace("high", "low"))
    found = desk.approvals.readiness(milder.ref, "production")
    assert (found.tier, found.ready) == ("high", False)
    assert desk.approvals.readiness(milder.ref, "staging").tier == "low"
    desk.serve(milder, "production")
    assert desk.approvals.readiness(desk.prompt("Other").ref, "production").tier == "low"
