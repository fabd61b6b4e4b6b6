import time
from dataclasses import replace

from llmops_magics.prompts.diff import diff
from llmops_magics.prompts.version import (
    Change,
    ChangeTest,
    Example,
    Examples,
    Inclusion,
    Message,
    PromptVersion,
)

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


def test_every_other_part_has_its_field():
    include = Inclusion(reference="p@2", name="p", digest="sha256:1", content="Refuse.")
    two = replace(
        ONE,
        settings={
            "temperature": 0,
            "tools": [{"type": "function", "function": {"name": "find"}}],
            "response_format": {"type": "text"},
        },
        inputs={"q": {"type": "string"}},
        includes=(include,),
        examples=Examples(cases=(Example(inputs={"q": 1}, expected=2),)),
        images={"a.png": "sha256:2"},
        tests=(ChangeTest(data="d", rules=("r",)),),
    )
    changes = {change.field: change.after for change in diff(ONE, two).changes}
    assert list(changes) == [
        "tools.find",
        "response_format",
        "inputs.q",
        "includes.p",
        "examples",
        "images.a.png",
        "tests",
    ]
    assert changes["inputs.q"] == '{\n  "type": "string"\n}'
    assert changes["includes.p"] == "Refuse."


def test_an_include_whose_text_stayed_shows_its_digests():
    old = Inclusion(reference="p", name="p", digest="sha256:1", content="Refuse.")
    before, after = (
        replace(ONE, includes=(inclusion,)) for inclusion in (old, replace(old, digest="sha256:2"))
    )
    assert diff(before, after).changes == (
        Change(field="includes.p", before="sha256:1", after="sha256:2"),
    )


def test_an_include_of_an_include_is_told_too():
    inner = Inclusion(reference="i", name="i", digest="sha256:1", content="a")
    outer = Inclusion(reference="o", name="o", digest="sha256:2", content="b", includes=(inner,))
    assert [c.field for c in diff(ONE, replace(ONE, includes=(outer,))).changes] == [
        "includes.o",
        "includes.i",
    ]


def test_large_prompts_are_compared_at_once():
    before, after = (
        replace(ONE, messages=(Message(role="user", content=text * 20_000),))
        for text in ("line\n", "lino\n")
    )
    began = time.perf_counter()
    assert [c.field for c in diff(before, after).changes] == ["user"]
    assert time.perf_counter() - began < 5
