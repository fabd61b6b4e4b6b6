from dataclasses import replace

from llmops_magics.prompts.diff import diff
from llmops_magics.prompts.version import Change, Message, PromptVersion

ONE = PromptVersion(
    name="a",
    number=1,
    digest="sha256:0",
    messages=(Message(role="system", content="Be brief."), Message(role="user", content="{{ q }}")),
    model="",
    settings={"temperature": 0},
    description="",
    variables=("q",),
    message="",
    author="ada",
    created_at="",
    source="",
)


def test_the_same_content_has_no_changes():
    assert diff(ONE, replace(ONE, number=2)).changes == ()


def test_the_first_version_is_all_new():
    first = diff(None, ONE)
    assert (first.before, first.after) == ("", "a@1")
    assert [c.field for c in first.changes] == [
        "system",
        "user",
        "settings.temperature",
        "variables",
    ]


def test_every_kind_of_change_is_told():
    two = replace(
        ONE,
        number=2,
        messages=(*ONE.messages, Message(role="user", content="{{ r }}")),
        model="local/x",
        settings={"seed": 1},
        variables=("q", "r"),
    )
    assert diff(ONE, two).changes == (
        Change(field="user[2]", before="", after="{{ r }}"),
        Change(field="model", before="", after="local/x"),
        Change(field="settings.seed", before="", after="1"),
        Change(field="settings.temperature", before="0", after=""),
        Change(field="variables", before="q", after="q, r"),
    )


def test_a_new_order_of_the_same_messages_is_a_change():
    swapped = replace(ONE, messages=ONE.messages[::-1])
    assert diff(ONE, swapped).changes == (
        Change(field="order", before="system, user", after="user, system"),
    )
