import dataclasses

import pytest

from llmops_magics.datasets.case import Case
from llmops_magics.errors import PromptReferenceError, PromptSyntaxError
from llmops_magics.prompts.binding import bind, sample_of
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.render import render_prompt, variables_of
from llmops_magics.prompts.template import parse
from llmops_magics.prompts.version import PromptVersion

FAQ = "faq@sha256:" + "0" * 64


class Shelf:
    """References to what a test puts there."""

    def __init__(self):
        self.versions = {}

    def put(self, name, source, number=1, **options):
        content = bind(parse(source), self, name=name, **options)
        parts = {f.name: getattr(content, f.name) for f in dataclasses.fields(content)}
        version = PromptVersion(
            name=name,
            number=number,
            digest=content.digest,
            description="",
            variables=variables_of(content),
            message="",
            author="ada",
            created_at="",
            source=source,
            sample=parse(source).sample,
            **parts,
        )
        self.versions[name] = self.versions[f"{name}@{version.digest}"] = version
        return version

    def version(self, reference):
        name, _, which = reference.partition("@")
        key = reference if which.startswith("sha256:") else name
        if key not in self.versions:
            raise PromptReferenceError(f"There is no prompt {reference!r}.")
        return self.versions[key]

    def cases(self, reference):
        return FAQ, [
            Case(id="a", inputs={"question": "Q1"}, expected="A1", tags=("short",)),
            Case(id="b", inputs={"question": "Q2"}, expected={"k": "é"}),
            Case(id="c", inputs={"query": "Q3"}, expected="A3"),
        ]

    def image(self, path):
        return f"sha256:{path}"


@pytest.fixture
def shelf():
    return Shelf()


def content_of(shelf, source, **options):
    return bind(parse(source, may_be_empty="start" in options), shelf, **options)


def test_options_win_over_the_front_matter(shelf):
    content = content_of(
        shelf,
        "---\nmodel: local/a\nsettings: {seed: 1, top_p: 1}\n---\nhi",
        model="local/b",
        settings={"topP": 0.5},
    )
    assert (content.model, content.settings) == ("local/b", {"seed": 1, "top_p": 0.5})


def test_what_is_included_is_copied(shelf):
    policy = shelf.put("policy", "Refuse {{ topic }}.")
    content = content_of(shelf, 'Hi {{ name }}.\n{% include "policy@production" %}\nBye.')
    (inclusion,) = content.includes
    assert (inclusion.reference, inclusion.name) == ("policy@production", "policy")
    assert (inclusion.digest, inclusion.content) == (policy.digest, "Refuse {{ topic }}.")
    assert variables_of(content) == ("name", "topic")
    shelf.put("policy", "Other.", number=2)
    (message,) = render_prompt(content, {"name": "Ada", "topic": "war"})
    assert message["content"] == "Hi Ada.\nRefuse war.\nBye."


def test_content_comes_back_from_its_json(shelf):
    shelf.put("policy", "Refuse.")
    content = content_of(
        shelf,
        "---\ninputs: {question: string}\nexamples: {dataset: faq, limit: 2}\n"
        'tests: {data: a.jsonl, rules: ["exact >= 1"]}\n---\n'
        'system:\n{% include "policy" %}\nuser:\n{{ question }}',
    )
    assert PromptContent.from_json(content.to_json()) == content
    assert PromptContent.from_json(content.to_json()).digest == content.digest


def test_a_prompt_with_nothing_new_keeps_its_digest_of_old(shelf):
    assert content_of(shelf, "hi").to_json() == {
        "messages": [{"role": "user", "content": "hi"}],
        "model": "",
        "settings": {},
    }


def test_a_pin_says_which_version_a_label_means(shelf):
    one = shelf.put("policy", "One.")
    shelf.put("policy", "Two.", number=2)
    head = f'---\nincludes: {{"policy@production": "policy@{one.digest}"}}\n---\n'
    content = content_of(shelf, head + '{% include "policy@production" %}')
    assert content.includes[0].content == "One."


@pytest.mark.parametrize(
    ("pins", "message"),
    [
        ('{"policy@2": "policy@sha256:00000000"}', "no message includes"),
        ('{"policy": "other@1"}', "to another prompt"),
        ('{"policy": "no such"}', "no prompt name"),
    ],
)
def test_a_pin_that_does_not_fit_is_refused(shelf, pins, message):
    shelf.put("policy", "One.")
    with pytest.raises((PromptSyntaxError, PromptReferenceError), match=message):
        content_of(shelf, f'---\nincludes: {pins}\n---\n{{% include "policy" %}}')


def test_a_cycle_is_refused_whichever_way_it_goes(shelf):
    with pytest.raises(PromptSyntaxError, match="cycle: a → a"):
        content_of(shelf, '{% include "a@7" %}', name="a")
    shelf.put("a", "plain")
    shelf.put("b", '{% include "a" %}')
    shelf.put("c", '{% include "b" %}')
    with pytest.raises(PromptSyntaxError, match="cycle: a → c → b → a"):
        content_of(shelf, '{% include "c" %}', name="a")


def test_only_a_prompt_of_one_message_is_included(shelf):
    shelf.put("pair", "system:\na\nuser:\nb")
    with pytest.raises(PromptSyntaxError, match="2 messages"):
        content_of(shelf, '{% include "pair" %}')


def test_doubling_at_each_level_is_stopped(shelf):
    shelf.put("l0", "x")
    for level in range(1, 7):
        shelf.put(f"l{level}", f'{{% include "l{level - 1}" %}}' * 2)
    twice = '{% include "l6" %}' * 2  # 2 + 4 + … + 128 texts
    with pytest.raises(PromptSyntaxError, match="over 200 texts"):
        content_of(shelf, twice)


def test_a_large_text_in_many_messages_is_stopped(shelf):
    shelf.put("large", "x" * 400_000)
    with pytest.raises(PromptSyntaxError, match="over 1,048,576 characters"):
        content_of(shelf, 'user:\n{% include "large" %}\n' * 3)


def test_a_variable_of_an_inclusion_must_be_declared_too(shelf):
    shelf.put("policy", "Refuse {{ topic }}.")
    with pytest.raises(PromptSyntaxError, match=r"'topic' is read but not declared"):
        content_of(shelf, '---\ninputs: {q: string}\n---\n{{ q }}{% include "policy" %}')


def test_images_are_pinned_those_of_inclusions_too(shelf):
    shelf.put("figure", 'See {{ image("fig.png") }}')
    content = content_of(shelf, '{% include "figure" %} and {{ image("own.png") }}')
    assert content.images == {"own.png": "sha256:own.png", "fig.png": "sha256:fig.png"}
    with pytest.raises(PromptSyntaxError, match="only a user message may"):
        content_of(shelf, 'system:\n{% include "figure" %}\nuser:\nhi')


def test_examples_are_copied_from_the_dataset(shelf):
    head = "---\nexamples: {dataset: faq, ids: [b, a]}\n---\n"
    content = content_of(shelf, head + "user:\n{{ question }}")
    assert content.examples.dataset == FAQ
    assert [case.inputs for case in content.examples.cases] == [
        {"question": "Q2"},
        {"question": "Q1"},
    ]


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ("{dataset: faq}", "Example 3 lacks 'question', which the user template reads"),
        ("{dataset: faq, ids: [z]}", "no case 'z'.*It has: a, b, c"),
        ("{dataset: faq, tags: [long]}", "No case of faq"),
        ("{dataset: faq, limit: 1, assistant: '{{ label }}'}", "lacks 'label', which the assist"),
        ("[{question: x}]", "lacks 'expected'"),
        ("[{question: 3, expected: y}]", "In example 1 'question' is 3, but must be a text"),
    ],
)
def test_examples_that_cannot_be_shown_are_refused(shelf, examples, message):
    source = f"---\ninputs: {{question: string}}\nexamples: {examples}\n---\n{{{{ question }}}}"
    with pytest.raises(PromptSyntaxError, match=message):
        content_of(shelf, source)


def test_a_sample_must_be_what_is_declared(shelf):
    with pytest.raises(PromptSyntaxError, match=r"sample of 'q' is 7, but must be a text"):
        content_of(shelf, "---\ninputs: {q: string}\nsample: {q: 7}\n---\n{{ q }}")


def test_a_start_gives_all_that_is_not_said(shelf):
    shelf.put("policy", "One.")
    source = (
        "---\nmodel: local/a\nsettings: {seed: 1}\ninputs: {q: string}\nsample: {q: s}\n"
        "tests: {data: d, rules: r}\ntools: [{name: find}]\nexamples: [{q: a, expected: b}]\n---\n"
        'system:\n{% include "policy" %}{{ q }}\nuser:\n{{ q }}{{ image("i.png") }}'
    )
    start = shelf.put("base", source)
    shelf.put("policy", "Two.", number=2)
    same = content_of(shelf, "", start=start)
    assert same.digest == start.digest
    changed = content_of(shelf, "---\nsettings: {top_p: 1}\ntests:\n---\n", start=start)
    assert changed.settings == {**start.settings, "top_p": 1}
    assert (changed.tests, changed.includes, changed.images) == ((), start.includes, start.images)
    bare = content_of(shelf, "---\ntools: []\nexamples:\n---\nNow {{ q }}", start=start)
    assert (bare.settings, bare.includes, bare.images) == ({"seed": 1}, (), {})
    assert sample_of(parse("hi"), start) == {"q": "s"}


def test_no_message_at_all_is_refused(shelf):
    with pytest.raises(PromptSyntaxError, match="no message"):
        bind(parse("", may_be_empty=True), shelf)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("tool_choice: auto", "needs tools"),
        ("tools: [{name: find}]\ntool_choice: fnd", "no tool of the prompt.*Its tools: find"),
    ],
)
def test_a_choice_needs_its_tool(shelf, head, message):
    with pytest.raises(PromptSyntaxError, match=message):
        content_of(shelf, f"---\n{head}\n---\nhi")


@pytest.mark.parametrize(
    "head",
    [
        "inputs: {q: {type: number, default: NUMBER}}",
        "inputs: {q: {enum: [NUMBER, [NUMBER]], default: NUMBER}}",
        "examples: {cases: [{q: NUMBER, expected: {a: NUMBER}}]}",
        "sample: {q: NUMBER}",
    ],
)
def test_a_whole_number_gives_the_same_digest_in_both_forms(shelf, head):
    one, other = (
        bind(parse(f"---\n{head.replace('NUMBER', number)}\n---\n{{{{ q }}}}"), shelf)
        for number in ("1", "1.0")
    )
    assert one.digest == other.digest


def test_a_version_to_start_from_keeps_the_form_it_was_stored_in(shelf):
    version = shelf.put("a", "---\ninputs: {q: {type: number, default: 1}}\n---\n{{ q }}")
    inputs = {"q": {"type": "number", "default": 1.0}}
    old = dataclasses.replace(version, inputs=inputs)
    content = bind(parse("", may_be_empty=True), shelf, start=old)
    assert content.digest == PromptContent.of(old).digest != version.digest


def test_the_tokens_of_all_messages_count_together_with_what_they_include(shelf):
    shelf.put("long", "{{ a }}" * 1500)
    one = 'user:\n{% include "long" %}\n'
    bind(parse(one), shelf)
    with pytest.raises(PromptSyntaxError, match=r"more than 10,000 tokens.*includes"):
        bind(parse(one + "assistant:\nx\n" + one + "y"), shelf)


def test_schemas_of_the_front_matter_and_of_options_count_together(shelf):
    schema = {"type": "object", "description": "x" * 40_000}
    parsed = parse(
        "---\ntools: [{name: a, parameters: {description: '" + "x" * 40_000 + "'}}]\n---\nx"
    )
    with pytest.raises(PromptSyntaxError, match="over 64 kB together"):
        bind(parsed, shelf, settings={"response_format": schema})
