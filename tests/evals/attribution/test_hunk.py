from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_magics.evals.attribution.hunk import Change, group_by_field
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.version import ChangeTest, Example, Examples, Inclusion, Message


def tool(name, **parameters):
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def content(*messages, **fields):
    return PromptContent(messages=tuple(Message(role=r, content=c) for r, c in messages), **fields)


def parts_of(hunks):
    return frozenset().union(*(hunk.parts for hunk in hunks))


def fields(base, whole):
    return [(h.field, h.before, h.after) for h in Change(base, whole).hunks]


BASE = content(("system", "Be kind. Be brief."), ("user", "{{ q }}"))


def test_sentences_settings_and_the_model_are_parts_of_their_own():
    whole = content(
        ("system", "Be kind. Be very brief. Cite."), ("user", "{{ q }}"),
        model="m/new", settings={"temperature": 0, "response_format": {"type": "json_object"}},
    )  # fmt: skip
    assert fields(BASE, whole) == [
        ("system", "Be brief.", "Be very brief."),
        ("system", "", "Cite."),
        ("model", "", "m/new"),
        ("settings.temperature", "", "0"),
        ("settings.response_format", "", '{"type": "json_object"}'),
    ]


def test_messages_that_came_or_went_are_parts_of_their_own():
    whole = content(("user", "{{ q }}"), ("assistant", "Hm."), ("user", "Go on."))
    change = Change(BASE, whole)
    assert [(h.field, h.after) for h in change.hunks] == [
        ("system", ""), ("assistant", "Hm."), ("user[2]", "Go on."),
    ]  # fmt: skip
    assert [m.role for m in change.apply(change.hunks[0].parts).messages] == ["user"]


def test_tools_are_told_apart_by_name():
    base = content(("user", "x"), settings={"tools": [tool("a"), tool("b")]})
    whole = content(("user", "x"), settings={"tools": [tool("c"), tool("a", n=1)]})
    change = Change(base, whole)
    assert [h.field for h in change.hunks] == [f"settings.tools.{name}" for name in "cab"]
    alone = [change.apply(hunk.parts).settings["tools"] for hunk in change.hunks]
    assert [[t["function"]["name"] for t in tools] for tools in alone] == [
        ["c", "a", "b"], ["a", "b"], ["a"],
    ]  # fmt: skip


def test_tools_that_only_changed_places_are_a_change():
    base = content(("user", "x"), settings={"tools": [tool("a"), tool("b")]})
    whole = content(("user", "x"), settings={"tools": [tool("b"), tool("a")]})
    change = Change(base, whole)
    assert change.hunks
    assert change.apply(parts_of(change.hunks)) == whole


def test_a_text_brings_what_it_needs():
    rule = Inclusion(reference="rules@1", name="rules", digest="sha256:1", content="No.")
    base = content(("user", "{{ q }}"), inputs={"q": {"type": "string"}})
    whole = content(
        ("user", '{{ q }} {{ tone }} {{ image("a.png") }}\n{% include "rules@1" %}'),
        inputs={"q": {"type": "string"}, "tone": {"type": "string", "default": "kind"}},
        includes=(rule,), images={"a.png": "sha256:2"},
    )  # fmt: skip
    change = Change(base, whole)
    first, second, *others = change.hunks
    alone = change.apply(change.complete(first.parts))
    assert (set(alone.inputs), alone.images, alone.includes) == (
        {"q", "tone"}, {"a.png": "sha256:2"}, (),
    )  # fmt: skip
    assert change.apply(change.complete(second.parts)).includes == (rule,)
    assert {part for hunk in others for part in hunk.parts if change.is_addition(part)} == {
        ("inputs", "tone"), ("images", "a.png"), ("includes", "rules@1"),
    }  # fmt: skip


def test_too_many_parts_are_grouped_by_message():
    whole = content(
        ("system", "1. Ask. Wait. Stop."), ("user", "{{ q }}!"), settings={"seed": 1, "n": 2}
    )
    change = Change(BASE, whole)
    grouped = group_by_field(change.hunks)
    assert [hunk.field for hunk in grouped] == ["system", "user", "settings"]
    assert parts_of(grouped) == parts_of(change.hunks)


sentence = st.sampled_from(["Be kind.", "Be brief.", "Stop!", "- a", "{% if q %}", "{{ q }}"])
text = st.lists(st.tuples(sentence, st.sampled_from([" ", "\n", "\n\n"])), min_size=1, max_size=5)
message = st.builds(
    Message,
    role=st.sampled_from(["system", "user", "assistant"]),
    content=text.map(lambda pairs: "".join(s + gap for s, gap in pairs)),
)
value = st.one_of(st.integers(0, 2), st.sampled_from(["a", "b"]))
tools = st.lists(st.builds(tool, st.sampled_from("abcd"), n=value), max_size=4, unique_by=str)
options = st.dictionaries(st.sampled_from(["temperature", "seed", "stop"]), value)
schemas = st.dictionaries(st.sampled_from("qrs"), st.fixed_dictionaries({"default": value}))
inclusion = st.builds(
    Inclusion, reference=st.sampled_from("xyz"), name=st.just("n"), digest=st.just("d"),
    content=st.sampled_from(["1", "2"]),
)  # fmt: skip
contents = st.builds(
    PromptContent,
    messages=st.lists(message, min_size=1, max_size=4).map(tuple),
    model=st.sampled_from(["", "m/a", "m/b"]),
    settings=st.tuples(options, st.none() | tools).map(
        lambda pair: pair[0] if pair[1] is None else {**pair[0], "tools": pair[1]}
    ),
    inputs=schemas,
    includes=st.lists(inclusion, max_size=3, unique_by=lambda i: i.reference).map(tuple),
    examples=st.none() | st.just(Examples(cases=(Example(inputs={"q": 1}, expected=2),))),
    images=st.dictionaries(st.sampled_from(["a.png", "b.png"]), st.sampled_from("12")),
    tests=st.just(()) | st.just((ChangeTest(data="d", rules=("errors == 0",)),)),
)


@given(contents, contents)
@settings(max_examples=300, deadline=None)
def test_all_parts_are_the_whole_and_none_the_base(base, whole):
    change = Change(base, whole)
    assert change.apply(frozenset()) == base
    assert change.apply(frozenset()).digest == base.digest
    everything = parts_of(change.hunks) if change.hunks else frozenset()
    for parts in (everything, change.complete(everything)):
        assert change.apply(parts) == whole
        assert change.apply(parts).digest == whole.digest
    grouped = group_by_field(change.hunks)
    assert (parts_of(grouped) if grouped else frozenset()) == everything
    assert bool(change.hunks) == (base.digest != whole.digest)
