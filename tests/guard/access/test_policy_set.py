from __future__ import annotations

import re
from pathlib import Path

import pytest

from llmops_magics.errors import ConfigError
from llmops_magics.guard.access.policy_set import PolicySet, read_policies

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
PERMIT = '@id("own") permit (principal, action, resource);'
REQUEST = {
    "principal": {"type": "User", "id": "ann"},
    "action": {"type": "Action", "id": "edit_prompt"},
    "resource": {"type": "Prompt", "id": "a"},
    "context": {"environment": "dev"},
}
ENTITIES = [
    {"uid": {"type": "User", "id": "ann"}, "attrs": {}, "parents": []},
    {"uid": {"type": "Prompt", "id": "a"}, "attrs": {"name": "a"}, "parents": []},
]


def test_every_policy_of_the_package_says_why(tmp_path):
    rules = read_policies(tmp_path, [], default_permits=True).rules
    assert {"dev", "own-change", "tainted-tool"} <= rules.keys()
    assert not [rule for rule in rules.values() if rule.because.startswith("policy ")]


def test_the_policies_of_the_readme_are_read():
    (written,) = re.findall(r"```cedar\n(.*?)```", README, re.DOTALL)
    assert sorted(PolicySet({"access.cedar": written}).rules) == ["board-papers", "no-eve"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("permit (principal, action, resource)", "not valid Cedar"),
        ("permit (principal, action, resource);", "without an @id"),
        ('@id("") permit (principal, action, resource);', "without an @id"),
        (PERMIT + PERMIT, "'own', and there is one already"),
        ('@id("a") permit (principal, action == Action::"fly", resource);', "does not fit"),
        ('@id("a") forbid (principal, action, resource) when { resource.colour == 1 };', "not fit"),
        ('@id("a") permit (principal == ?principal, action, resource);', "template"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, source, says):
    (tmp_path / "own.cedar").write_text(source, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"own\.cedar") as raised:
        read_policies(tmp_path, ["own.cedar"], default_permits=True)
    assert says in str(raised.value)


def test_a_file_that_is_missing_outside_or_too_large(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "out.cedar").write_text(PERMIT, encoding="utf-8")
    (root / "link.cedar").symlink_to(tmp_path / "out.cedar")
    (root / "big.cedar").write_text(" " * 1_000_001, encoding="utf-8")
    for name in ("none.cedar", "../out.cedar", "link.cedar", "big.cedar"):
        with pytest.raises(ConfigError):
            read_policies(root, [name], default_permits=True)


def test_a_policy_that_fails_permits_nothing():
    # Cedar leaves out a policy that fails; without the forbid the permit would stand alone.
    source = PERMIT + (
        '@id("never") forbid (principal, action == Action::"call_tool", resource)'
        " when { context.is_tainted };"
    )
    request = REQUEST | {
        "action": {"type": "Action", "id": "call_tool"},
        "resource": {"type": "Tool", "id": "t"},
    }
    (ruling,) = PolicySet({"own": source}).decide([request], ENTITIES)
    assert not ruling.allowed
    assert ruling.errors


def test_comments_are_not_in_the_content():
    assert PolicySet({"a": PERMIT}).content == PolicySet({"b": f"// why\n{PERMIT}"}).content
    assert PolicySet({"a": PERMIT}).decide([REQUEST], ENTITIES)[0].allowed
    assert not PolicySet({}).decide([REQUEST], ENTITIES)[0].allowed
