from __future__ import annotations

import pytest

from llmops_magics.guard.access.principal import Principal
from llmops_magics.guard.access.tool import check_call

ANN = Principal.of("ann", roles=["service"])
MAIL = {
    "callers": ["role:service"],
    "prompts": ["support/*"],
    "hosts": ["example.com"],
    "arguments": {
        "type": "object",
        "properties": {"to": {"type": "string", "maxLength": 60}},
        "required": ["to"],
        "additionalProperties": False,
    },
}
SETTINGS = {"access": {"roles": {"service": ["ann"]}}, "tools": {"mail": MAIL}}


@pytest.fixture
def call(authority):
    own = authority(**SETTINGS, environment="production")

    def check(arguments, who=ANN, *, tool="mail", tainted=False, **known):
        return check_call(
            own, tool, arguments, who, tainted=tainted, **({"prompt": "support/a"} | known)
        )

    return check


def test_a_call_that_fits_is_allowed(call):
    assert call({"to": "bob@example.com"}).policies == ("listed",)
    assert call('{"to": "https://docs.example.com/x"}').allowed


@pytest.mark.parametrize(
    ("arguments", "policy"),
    [
        ({}, "tool-arguments"),
        ({"to": 1}, "tool-arguments"),
        ({"to": "a", "bcc": "eve"}, "tool-arguments"),
        ("not JSON", "tool-arguments"),
        ('["to"]', "tool-arguments"),
        ('{"to": "a", "to": "b"}', "tool-arguments"),
        ("[" * 100_000, "tool-arguments"),
        ('{"to": "' + "a" * 1_000_000 + '"}', "tool-arguments"),
        ({"to": "see https://evil.test/?q=1"}, "tool-hosts"),
    ],
)
def test_arguments_that_do_not_fit(call, arguments, policy):
    decision = call(arguments)
    assert (decision.allowed, decision.policies) == (False, (policy,))
    assert not decision.needs_yes


def test_a_reason_has_no_value_in_it(call):
    assert "s3cret" not in " ".join(call({"to": "s3cret" * 20}).reasons)


def test_who_asks_and_for_which_prompt(call):
    assert call({"to": "a"}, Principal.of("eve")).policies == ("not-listed",)
    assert call({"to": "a"}, prompt="sales/a").policies == ("tool-prompt",)
    assert call({"to": "a"}, prompt="").policies == ("tool-prompt",)


def test_tainted_waits_for_a_yes_and_for_nothing_else(call):
    waiting = call({"to": "a"}, tainted=True)
    assert (waiting.allowed, waiting.policies, waiting.needs_yes) == (
        False,
        ("tainted-tool",),
        True,
    )
    assert call({"to": "a"}, tainted=True, confirmed=True).allowed
    assert not call({"to": "a"}, Principal.of("eve"), tainted=True).needs_yes
    assert not call({"to": 1}, tainted=True, confirmed=True).allowed


def test_a_yes_is_no_use_where_nothing_permits(authority):
    closed = authority(environment="production")
    assert not check_call(closed, "other", {}, ANN, tainted=True).needs_yes
    assert check_call(closed, "other", {}, ANN, tainted=False).policies == ()


def test_an_undeclared_tool_may_have_side_effects(authority):
    dev = authority()
    assert check_call(dev, "other", {}, ANN, tainted=False).allowed
    assert check_call(dev, "other", {}, ANN, tainted=True).needs_yes
    assert check_call(dev, "other", {}, ANN, tainted=True, side_effect=False).allowed


def test_what_is_declared_counts_more_than_what_a_caller_says(authority):
    dev = authority(tools={"mail": {}, "look_up": {"side_effect": False}})
    assert check_call(dev, "mail", {}, ANN, tainted=True, side_effect=False).needs_yes
    assert check_call(dev, "look_up", {}, ANN, tainted=True).allowed


def test_a_schema_that_cannot_be_used_accepts_nothing(authority):
    far = {"mail": {"arguments": {"$ref": "https://schema.test/x"}}}
    decision = check_call(authority(tools=far), "mail", {}, ANN, tainted=False)
    assert decision.policies == ("tool-arguments",)
