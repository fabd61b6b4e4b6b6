"""What a promotion's command says of steps, rules and times."""

from __future__ import annotations

import pytest

from llmops_magics.config.release import RolloutSettings
from llmops_magics.errors import ScorerError, UsageError
from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.release.environment.planning import plan_of, read_rule

SETTINGS = RolloutSettings(canary=(5, 50), holdback=2.0)


@pytest.mark.parametrize(
    ("written", "operator", "values", "arm", "share"),
    [
        ("plan=beta: candidate", "equals", ("beta",), "candidate", 0.0),
        ("country in AT, DE: 50%", "in", ("AT", "DE"), "", 0.5),
        ("user ^= qa-: stable", "prefix", ("qa-",), "stable", 0.0),
    ],
)
def test_a_rule_is_read(written, operator, values, arm, share):
    rule = read_rule(written)
    assert (rule.operator, rule.values, rule.arm, rule.share) == (operator, values, arm, share)


@pytest.mark.parametrize("written", ["", "plan", "plan=beta", "plan=beta: 101%", "a b=c: stable"])
def test_what_is_no_rule_is_refused(written):
    with pytest.raises(UsageError):
        read_rule(written)


def test_what_is_not_said_is_as_the_settings_have_it():
    plan = plan_of(SETTINGS, hold="90s")
    assert (plan.steps, plan.holdback, plan.hold_s) == ((5.0, 50.0), 2.0, 90.0)
    assert plan_of(SETTINGS, canary=(), holdback=0).steps == ()


def test_a_plan_is_the_same_after_it_was_stored():
    plan = plan_of(
        SETTINGS, rules=("country in AT,DE: 50%",), shadow=True, scorers=("exact_match",)
    )
    assert RolloutPlan.from_dict(plan.to_dict()) == plan


@pytest.mark.parametrize("steps", [(0,), (5, 5), (50, 5), (101,)])
def test_steps_grow_from_over_nothing_to_all(steps):
    with pytest.raises(UsageError, match="no steps of a rollout"):
        plan_of(SETTINGS, canary=steps)


def test_scorers_of_the_shadow_exist():
    assert plan_of(RolloutSettings(), shadow=True, scorers=["length"]).scorers == ("length",)
    with pytest.raises(ScorerError, match="There is no scorer 'lenght'"):
        plan_of(RolloutSettings(), shadow=True, scorers=["lenght"])
