import pytest

from llmops_magics.errors import DossierError
from llmops_magics.prompts.diff import diff
from llmops_magics.prompts.version import (
    ChangeTest,
    Example,
    Examples,
    Inclusion,
    Message,
    PromptVersion,
)
from llmops_magics.record import to_jsonable
from llmops_magics.release.dossier.prompt_copy import copy_of, version_of

FULL = PromptVersion(
    name="support/answer",
    number=2,
    digest="sha256:1",
    messages=(Message(role="system", content="Be kind."), Message(role="user", content="{{ q }}")),
    model="test/model",
    settings={"temperature": 0.5},
    description="answers",
    variables=("q",),
    message="why",
    author="alice",
    created_at="2026-11-24T00:00:00Z",
    source="…",
    labels=("production",),
    includes=(
        Inclusion(
            reference="a",
            name="a",
            digest="sha256:2",
            content="x",
            includes=(Inclusion(reference="b", name="b", digest="sha256:3", content="y"),),
        ),
    ),
    examples=Examples(cases=(Example(inputs={"q": 1}, expected="one"),)),
    images={"a.png": "sha256:4"},
    tests=(ChangeTest(data="cases", rules=("errors == 0",)),),
)


def test_a_copy_is_the_version_but_for_what_may_change():
    body = to_jsonable(copy_of(FULL))
    assert "labels" not in body
    read = version_of(body)
    assert diff(FULL, read).changes == ()
    assert (read.includes, read.examples, read.tests) == (FULL.includes, FULL.examples, FULL.tests)
    assert read.labels == ()


def test_fields_of_a_later_version_are_left_out():
    assert version_of({**copy_of(FULL), "of_the_future": 1}).ref == "support/answer@2"


@pytest.mark.parametrize("body", [{}, {"messages": [1]}, {**copy_of(FULL), "examples": {"a": 1}}])
def test_what_is_no_prompt(body):
    with pytest.raises(DossierError, match="copy of a prompt"):
        version_of(body)
