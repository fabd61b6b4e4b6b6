"""``workspace.access`` with real files, a real store and its audit trail."""

from __future__ import annotations

import pytest

from llmops_magics.audit.trail import events
from llmops_magics.errors import AccessDeniedError, ConfigError, UsageError
from llmops_magics.guard.access.principal import Principal
from llmops_magics.guard.access.resource import Resource
from llmops_magics.workspace import Workspace

TOML = """
[access.groups]
ann = ["hr"]
[access.roles]
approver = ["ann"]
privacy = ["dan"]
[access.prompts."support/*"]
edit = ["bob"]
"""


@pytest.fixture
def workspace(folder, monkeypatch):
    monkeypatch.delenv("LLMOPS_ENVIRONMENT", raising=False)
    monkeypatch.setenv("LLMOPS_ACTOR", "ann")
    opened = []

    def open_workspace(toml=TOML, policy=""):
        (folder / "llmops.toml").write_text(toml, encoding="utf-8")
        if policy:
            (folder / "access.cedar").write_text(policy, encoding="utf-8")
        opened.append(Workspace(folder))
        return opened[-1]

    yield open_workspace
    for each in opened:
        each.close()


def denials(workspace):
    with workspace.store.read() as connection:
        return [event for event in events(connection) if event.action == "access.deny"]


def test_with_no_settings_nobody_is_refused(workspace):
    plain = workspace("")
    plain.prompts.register("support/a", "Hi")
    plain.prompts.label("support/a", "candidate")
    assert denials(plain) == []


def test_who_acts_is_who_is_asked_about(workspace):
    access = workspace().access
    assert access.principal() == Principal.of("ann", ["hr"], ["approver"])
    assert access.principal("") == Principal.of("")
    assert access.principal(Principal.of("eve")) == Principal.of("eve")


def test_a_refused_prompt_is_audited_with_the_policy(workspace):
    own = workspace()
    with pytest.raises(AccessDeniedError, match="ann may not edit_prompt prompt:support/a"):
        own.prompts.register("support/a", "Hi")
    (event,) = denials(own)
    assert (event.actor, event.resource) == ("ann", "prompt:support/a")
    assert event.body["action"] == "edit_prompt"
    assert event.body["policies"] == ["not-listed"]
    assert event.body["identity"] == "asserted"
    assert event.body["policy_digest"] == own.access.authority.digest
    assert own.prompts.names() == []
    assert not own.verify_audit().problems


def test_the_environment_of_the_process_decides(workspace, monkeypatch):
    monkeypatch.setenv("LLMOPS_ENVIRONMENT", "production")
    closed = workspace()
    with pytest.raises(AccessDeniedError, match="no policy permits it"):
        closed.prompts.register("other", "Hi")
    monkeypatch.setenv("LLMOPS_ACTOR", "bob")
    closed.prompts.register("support/a", "Hi")  # listed


def test_the_author_of_a_prompt_is_looked_up(workspace, monkeypatch):
    own = workspace()
    own.prompts.register("a", "one")
    monkeypatch.setenv("LLMOPS_ACTOR", "bob")
    own.prompts.register("a", "two")
    assert own.access.authorize("bob", "approve", "a").policies == ("own-change",)
    assert own.access.authorize("ann", "approve", "a").allowed
    assert own.access.authorize("ann", "approve", "a@1").policies == ("own-change",)


def test_a_document_is_looked_up_with_its_groups(workspace, folder):
    own = workspace()
    (folder / "docs.jsonl").write_text('{"id": "pay/1", "text": "x", "groups": ["hr"]}\n')
    own.corpora.add("docs", folder / "docs.jsonl")
    decision = own.access.authorize("ann", "read_document", "docs/pay/1")
    assert decision.policies == ("dev", "in-group")
    assert own.access.authorize("eve", "read_document", "docs/pay/1").policies == ("not-in-group",)
    with pytest.raises(UsageError, match="no corpus has the document"):
        own.access.authorize("ann", "read_document", "docs/none")


def test_explain_says_which_role_would_do(workspace):
    access = workspace().access
    explained = access.explain("eve", "release", "production")
    assert (explained.allowed, explained.roles_that_may) == (False, ("releaser",))
    assert access.explain("eve", "edit_prompt", "support/a").roles_that_may == ()
    assert access.explain("eve", "edit_prompt", "other").roles_that_may == ()


def test_restoring_is_refused_and_recorded(workspace, monkeypatch):
    monkeypatch.setenv("LLMOPS_ENVIRONMENT", "production")
    own = workspace()
    assert own.access.may_restore("dan")
    assert not own.access.may_restore()
    assert [(e.actor, e.body["action"]) for e in denials(own)] == [("ann", "restore_redacted")]


def test_a_wrong_policy_file_permits_nobody_anything(workspace):
    broken = workspace(policy="permit (principal, action, resource);")
    with pytest.raises(ConfigError, match="without an @id"):
        broken.prompts.register("a", "one")
    assert broken.prompts.names() == []


def test_a_policy_that_is_written_meanwhile_holds_at_once(workspace, folder):
    own = workspace()
    assert own.access.authorize("ann", "edit_policy", "workspace").allowed
    file = folder / "access.cedar"
    file.write_text('@id("no-ann")\nforbid (principal == User::"ann", action, resource);\n')
    assert own.access.authorize("ann", "edit_policy", "workspace").policies == ("no-ann",)
    file.write_text("permit (principal, action, resource)")
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"access\.cedar"):
            own.access.authorize("ann", "edit_policy", "workspace")
    file.unlink()
    assert own.access.authorize("ann", "edit_policy", "workspace").allowed


def test_tools_are_checked_and_enforced(workspace):
    own = workspace('[tools.mail]\ncallers = ["bob"]\n')
    with pytest.raises(AccessDeniedError) as raised:
        own.access.enforce(own.access.check_call("mail", {}, tainted=False))
    assert raised.value.policies == ("not-listed",)
    assert own.access.enforce(own.access.check_call("mail", "{}", "bob", tainted=False)).allowed
    assert len(denials(own)) == 1


def test_a_document_that_a_policy_forbids_is_not_found(workspace):
    forbid = """
    @id("no-drafts") forbid (principal, action == Action::"read_document", resource)
    when { resource.name like "draft*" } unless { principal in Role::"approver" };
    """
    own = workspace(policy=forbid)
    from llmops_magics.retrieval.passage import Passage
    from llmops_magics.workbench.access_subject import Reading

    found = [
        [
            Passage(document_id=name, text="x", score=1.0, rank=rank)
            for rank, name in enumerate(("draft-1", "b", "draft-1", "c"), start=1)
        ]
    ]
    reading = Reading(lambda: own.access)
    (kept,) = reading("docs", Principal.of("eve"), found)
    assert [(each.document_id, each.rank) for each in kept] == [("b", 1), ("c", 2)]
    assert [event.body["policies"] for event in denials(own)] == [["no-drafts"]]
    assert reading("docs", Principal.of("ann"), found) == found  # an approver by the settings


def test_require_returns_what_decided(workspace):
    access = workspace().access
    what = Resource(kind="prompt", name="a", author="bob")
    assert access.require("ann", "approve", what).policies == ("dev", "role-approver")
    with pytest.raises(AccessDeniedError):
        access.require("bob", "approve", what)


def test_a_policy_file_that_leads_nowhere_permits_nobody_anything(workspace, folder):
    own = workspace()
    (folder / "access.cedar").symlink_to(folder / "gone.cedar")
    with pytest.raises(ConfigError, match="cannot be read"):
        own.access.authorize("ann", "edit_policy", "workspace")
