from __future__ import annotations

from llmops_magics.guard.access.principal import ANONYMOUS, Principal, principal_of
from llmops_magics.retrieval import access


def test_everybody_is_in_public_and_has_no_role():
    assert ANONYMOUS.groups == {"public"}
    assert Principal.of("ann", ["hr"]).groups == {"hr", "public"}
    assert Principal.of("ann", ["hr"]).roles == frozenset()


def test_groups_and_roles_come_from_the_settings():
    ann = principal_of("ann", {"ann": ["hr"]}, {"approver": ["ann", "bob"], "editor": ["bob"]})
    assert ann == Principal.of("ann", ["hr"], ["approver"])


def test_retrieval_has_the_same_principal():
    assert access.Principal is Principal
    assert access.principal_of is principal_of
