from __future__ import annotations

import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.access import (
    ANONYMOUS,
    Principal,
    allow_filter,
    check_allowed,
    principal_of,
)
from llmops_magics.retrieval.passage import Passage


def found(*groups):
    return [[Passage(document_id="d", text="t", score=1.0, rank=1, groups=groups)]]


def test_everybody_may_read_what_is_public_and_nobody_what_has_no_group():
    assert ANONYMOUS.may_read(["public"])
    assert Principal.of("ada", ["hr"]).may_read(["hr", "board"])
    assert not Principal.of("ada", ["hr"]).may_read(["board"])
    assert not Principal.of("ada", ["hr"]).may_read([])


def test_groups_come_from_the_settings_and_a_stranger_has_only_public():
    groups = {"ada": ("hr",)}
    assert principal_of("ada", groups).groups == {"public", "hr"}
    assert principal_of("eve", groups).groups == {"public"}


def test_the_filter_says_what_is_allowed_and_is_never_empty():
    assert allow_filter(ANONYMOUS) == {"groups": {"$contains": "public"}}
    assert allow_filter(Principal.of("ada", ["hr"])) == {
        "$or": [{"groups": {"$contains": "hr"}}, {"groups": {"$contains": "public"}}]
    }
    with pytest.raises(RetrievalError, match="in no group"):
        allow_filter(Principal(name="x", groups=frozenset()))


@pytest.mark.parametrize("groups", [(), ("board",), ("Public",), ("publi",)])
def test_a_result_that_should_not_have_come_is_an_error_and_not_handed_out(groups):
    with pytest.raises(RetrievalError, match="may not read"):
        check_allowed(found(*groups), ANONYMOUS)


def test_results_that_may_be_read_pass():
    check_allowed(found("public"), ANONYMOUS)
    check_allowed(found("board", "hr"), Principal.of("ada", ["hr"]))
