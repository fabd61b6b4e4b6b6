from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_magics.config.access import AccessSettings
from llmops_magics.errors import AccessDeniedError, UsageError
from llmops_magics.guard.access.authority import Authority, Question, refuse
from llmops_magics.guard.access.policy_set import read_policies
from llmops_magics.guard.access.principal import Principal
from llmops_magics.guard.access.resource import ACTIONS, Resource

ANN = Principal.of("ann")
PRODUCTION = Resource(kind="environment", name="production")


def prompt(name="support/answer", author=""):
    return Resource(kind="prompt", name=name, author=author)


def resources(action):
    return [Resource(kind=kind, name="x", groups=("public",)) for kind in ACTIONS[action]]


ROLES = {
    "editor": {"edit_prompt", "label_prompt"},
    "approver": {"approve", "answer_pending"},
    "releaser": {"release"},
    "security": {"run_redteam", "edit_policy"},
    "privacy": {"restore_redacted"},
    "": set(),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_in_dev_everybody_may(authority, action):
    decide = authority().authorize
    for resource in resources(action):
        if resource.kind != "environment":
            assert decide(ANN, action, resource).policies[0] == "dev"


@pytest.mark.parametrize("role", ROLES)
def test_in_production_a_role_may_what_it_is_for(authority, role):
    decide = authority(environment="production").authorize
    holder = Principal.of("ann", roles=[role] if role else [])
    may = {
        action
        for action in ACTIONS
        if decide(holder, action, Resource(kind=ACTIONS[action][0], name="x", author="bob")).allowed
    }
    assert may == ROLES[role]


def test_a_release_to_production_is_decided_as_in_production(authority):
    dev = authority(access={"roles": {"releaser": ["ci"]}})
    denied = dev.authorize(ANN, "release", PRODUCTION)
    assert (denied.allowed, denied.environment, denied.policies) == (False, "production", ())
    assert denied.reasons == ("no policy permits it",)
    assert dev.authorize(dev.principal("ci"), "release", PRODUCTION).policies == ("role-releaser",)
    assert dev.authorize(ANN, "release", Resource(kind="environment", name="dev")).allowed


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
def test_nobody_approves_a_change_of_their_own(authority, environment):
    decide = authority(environment=environment).authorize
    approver = Principal.of("ann", roles=["approver"])
    own = decide(approver, "approve", prompt(author="ann"))
    assert (own.allowed, own.policies) == (False, ("own-change",))
    assert decide(approver, "approve", prompt(author="bob")).allowed
    assert decide(approver, "approve", prompt()).allowed is (environment == "dev")


def test_a_list_is_the_whole_truth_and_the_first_pattern_decides(authority):
    decide = authority(
        access={
            "prompts": {
                "support/legal*": {"label": []},
                "support/*": {"edit": ["bob", "role:editor"], "label": ["ann"]},
                "*": {"edit": ["ann"]},
            }
        }
    ).authorize
    assert decide(ANN, "edit_prompt", prompt()).policies == ("not-listed",)
    assert decide(Principal.of("bob"), "edit_prompt", prompt()).policies == ("dev", "listed")
    assert decide(Principal.of("eve", roles=["editor"]), "edit_prompt", prompt()).allowed
    assert decide(ANN, "edit_prompt", prompt("other")).allowed
    assert decide(ANN, "label_prompt", prompt(), {"label": "candidate"}).allowed
    assert not decide(ANN, "label_prompt", prompt("support/legal"), {"label": "x"}).allowed
    assert decide(ANN, "approve", prompt()).allowed  # no list says anything of it


def test_a_list_permits_in_production(authority):
    access = {"environments": {"production": {"release": ["ann"], "approve": ["role:everybody"]}}}
    decide = authority(access=access, environment="production").authorize
    assert decide(ANN, "release", PRODUCTION).policies == ("listed",)
    assert not decide(Principal.of("bob", roles=["releaser"]), "release", PRODUCTION).allowed
    theirs = Resource(kind="environment", name="production", author="bob")
    assert decide(ANN, "approve", theirs).policies == ("listed",)


@pytest.mark.parametrize("environment", ["dev", "production"])
def test_a_document_is_read_by_its_groups(authority, environment):
    decide = authority(environment=environment).authorize
    paper = Resource(kind="document", name="pay", corpus="docs", groups=("hr", "board"))
    reader = decide(Principal.of("ann", ["hr", "it"]), "read_document", paper)
    assert reader.allowed
    assert any(reason.endswith("a group of the document: hr") for reason in reader.reasons)
    assert decide(ANN, "read_document", paper).policies == ("not-in-group",)


def test_a_policy_of_ones_own_forbids_and_permits(authority):
    policy = """
        @id("no-eve") @because("eve has left") forbid (principal == User::"eve", action, resource);
        @id("labels") permit (principal, action == Action::"label_prompt", resource)
        when { context has label && context.label == "candidate" };
    """
    decide = authority(policy=policy, environment="production").authorize
    assert decide(Principal.of("eve", roles=["editor"]), "edit_prompt", prompt()).reasons == (
        "eve has left",
    )
    assert decide(ANN, "label_prompt", prompt(), {"label": "candidate"}).policies == ("labels",)
    assert not decide(ANN, "label_prompt", prompt(), {"label": "other"}).allowed


def test_without_default_permits_dev_is_closed_too(authority):
    decide = authority(access={"default_permits": False}).authorize
    assert not any(decide(ANN, "edit_prompt", r).allowed for r in resources("edit_prompt"))


def test_the_digest_is_of_all_that_decides(authority):
    plain = authority().digest
    assert plain == authority(environment="production").digest
    assert plain != authority(access={"roles": {"editor": ["ann"]}}).digest
    assert plain != authority(tools={"mail": {}}).digest
    assert plain != authority(policy='@id("x") permit (principal, action, resource);').digest


def test_many_are_decided_as_each_alone(authority):
    both = authority(environment="staging")
    editor = Principal.of("ann", roles=["editor"])
    questions = [
        Question(principal=who, action=action, resource=resource, context={})
        for who in (ANN, editor)  # the same name with other roles
        for action in ACTIONS
        for resource in resources(action)
    ]
    alone = [both.authorize(q.principal, q.action, q.resource) for q in questions]
    assert both.authorize_all(questions) == alone
    assert both.authorize_all([]) == []


HOSTILE = [
    '"; permit(principal,action,resource); //',
    "a\nb",
    "\x00",
    "role:editor",
    "é\u202e",
    "*",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_data(authority, name):
    decide = authority(environment="production").authorize
    assert not decide(Principal.of(name), "edit_prompt", prompt(name)).allowed
    listed = authority(access={"prompts": {"*": {"edit": ["ann"]}}}).authorize
    assert not listed(Principal.of(name), "edit_prompt", prompt(name)).allowed


def test_half_a_character_in_a_name_permits_nothing(authority):
    decision = authority(environment="production").authorize(
        Principal.of("ann", roles=["editor"]), "edit_prompt", prompt("half \ud83d")
    )
    assert decision.allowed is False


CLOSED = Authority(
    read_policies(Path(), [], default_permits=True),
    access=AccessSettings(),
    tools={},
    environment="production",
)


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=8),
    st.sets(st.sampled_from([*ROLES, "public", "everybody"]) | st.text(max_size=4), max_size=4),
    st.sampled_from(list(ACTIONS)),
    st.text(min_size=1, max_size=8),
)
def test_nobody_may_more_than_their_roles(name, roles, action, resource):
    who = Principal.of(name, roles=roles)
    what = Resource(kind=ACTIONS[action][0], name=resource, author="somebody else")
    allowed = CLOSED.authorize(who, action, what).allowed
    assert not allowed or any(action in ROLES.get(role, ()) for role in roles)


def test_refuse_raises_with_the_decision(authority):
    decision = authority(environment="production").authorize(ANN, "edit_prompt", prompt())
    with pytest.raises(AccessDeniedError, match="ann may not edit_prompt") as raised:
        refuse(decision)
    assert raised.value.decision is decision
    refuse(authority().authorize(ANN, "edit_prompt", prompt()))


def test_an_action_on_the_wrong_kind(authority):
    with pytest.raises(UsageError):
        authority().authorize(ANN, "release", prompt())


def test_a_decision_takes_under_a_millisecond(authority):
    decide = authority(access={"prompts": {"support/*": {"edit": ["ann"]}}}).authorize
    decide(ANN, "edit_prompt", prompt())
    before = time.process_time()
    for _ in range(200):
        decide(ANN, "edit_prompt", prompt())
    assert (time.process_time() - before) / 200 < 0.001
