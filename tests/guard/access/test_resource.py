from __future__ import annotations

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.guard.access.resource import ACTIONS, Resource, check_kind, read_resource


@pytest.mark.parametrize(
    ("action", "written", "kind", "name"),
    [
        ("edit_prompt", "support/answer", "prompt", "support/answer"),
        ("edit_prompt", "prompt:support/answer", "prompt", "support/answer"),
        ("approve", "environment:production", "environment", "production"),
        ("release", "production", "environment", "production"),
        ("answer_pending", "boundary:output", "boundary", "output"),
        ("restore_redacted", "workspace", "workspace", "workspace"),
        ("edit_policy", "anything", "workspace", "workspace"),
        ("edit_prompt", "odd:name", "prompt", "odd:name"),
    ],
)
def test_the_first_kind_is_meant(action, written, kind, name):
    assert read_resource(action, written) == Resource(kind=kind, name=name)


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_written_reads_as_itself(action):
    resource = read_resource(action, "x")
    assert read_resource(action, str(resource)) == resource


def test_an_action_that_is_none_and_a_kind_that_does_not_fit():
    with pytest.raises(UsageError, match="Did you mean 'approve'"):
        read_resource("aprove", "x")
    with pytest.raises(UsageError, match="release is not done to a prompt"):
        check_kind("release", Resource(kind="prompt", name="x"))
    with pytest.raises(UsageError, match="needs the name"):
        read_resource("release", "")
