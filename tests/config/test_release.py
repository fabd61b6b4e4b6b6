"""What environments need: what is said lies over the defaults, and takes nothing else away."""

from __future__ import annotations

import pytest

from llmops_magics.config.release import DEFAULT_ENVIRONMENTS, environments_of
from llmops_magics.config.settings import Settings

PRODUCTION = DEFAULT_ENVIRONMENTS["production"]


def laid(**environments):
    return environments_of(Settings(environments=environments).environments)


@pytest.mark.parametrize(
    "said",
    [{}, {"rollout": {"canary": [5, 100]}}, {"label": "live"}, {"high": {"approvers": 3}}],
)
def test_what_is_not_said_of_a_default_environment_stays(said):
    found = laid(production=said)["production"]
    assert (found.after, found.low) == ("staging", PRODUCTION.low)
    assert found.high.gates == PRODUCTION.high.gates
    assert found.high.calibrated


def test_what_is_said_is_taken_also_where_it_is_milder():
    found = laid(production={"after": "", "low": {"gates": [], "approvers": 0}})["production"]
    assert (found.after, found.low.gates, found.low.approvers, found.low.signed) == (
        "",
        (),
        0,
        True,
    )
    assert found.high == PRODUCTION.high


def test_an_own_environment_asks_as_much_of_high_risk_as_of_low():
    found = laid(eu={"low": {"gates": ["release_gate"]}}, us={"high": {"approvers": 2}})
    assert found["eu"].high.gates == ("release_gate",)
    assert (found["us"].low.approvers, found["us"].high.approvers) == (0, 2)
    assert set(found) == {"dev", "staging", "production", "eu", "us"}
