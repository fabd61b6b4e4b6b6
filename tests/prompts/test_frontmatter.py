import pytest

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.frontmatter import FrontMatter, parse_front_matter


def test_an_empty_head_says_nothing():
    assert parse_front_matter("\n# a comment\n") == FrontMatter()


def test_parameters_are_settings_too():
    head = parse_front_matter("parameters: {seed: 7}\nsettings: {temperature: 1}")
    assert head.settings == {"seed": 7, "temperature": 1}


def test_tools_and_formats_may_stand_at_the_top():
    head = parse_front_matter("tools: [{name: find}]\nresponse_format: {type: json_object}")
    assert head.settings == {
        "tools": [{"type": "function", "function": {"name": "find"}}],
        "response_format": {"type": "json_object"},
    }
    assert head.given == {"tools", "response_format"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modle: x", "'modle'.*mean 'model'.*Known keys: name"),
        ("settings: {temprature: 1}", "mean 'temperature'"),
        ("settings: {temperature: 3}", "from 0 to 2"),
        ("settings: {max_tokens: true}", "whole number"),
        ("a: &x [1]\nb: *x", "anchor or alias in line 1"),
        ("name: !!python/object/apply:os.system [ls]", "YAML tag"),
        ("name: !x y", "YAML tag"),
        ("name: a\nname: b", "'name' twice, again in line 2"),
        ("- a", "list"),
        ("name: [", "valid YAML in line"),
        ("name: 7", "in quotes"),
        ("model: {api: completion}", "only `chat`"),
        ("[" * 5000 + "]" * 5000, "nested too deeply"),
        ("[" * 30_000 + "]" * 30_000, "nested too deeply"),  # no crash of the C parser either
        ("a: " + "x" * 1_100_000, "over 1024 kB"),
        ("tools: [{name: a}]\nsettings: {tools: []}", "'tools' twice"),
        ("inputs: {q: text}", "Known types"),
        ("inputs: [q]", "no mapping"),
        ("sample: {q: 2024-01-01}", "holds no JSON"),
        ("tests: {data: d}", "no `rules`"),
        ("examples: {}", "neither"),
        ("includes: {a: 7}", "pins 'a' to a int"),
        ("includes: [a]", "no mapping"),
    ],
)
def test_a_bad_head_is_refused_with_the_reason(text, message):
    with pytest.raises(PromptSyntaxError, match=message):
        parse_front_matter(text)


def test_the_line_of_an_error_is_where_the_user_sees_it():
    with pytest.raises(PromptSyntaxError, match="line 12"):
        parse_front_matter("name: a\nx: *y", first_line=11)


def test_prompty_words_for_inputs_are_read():
    head = parse_front_matter(
        "inputs:\n"
        "  q: {kind: string, required: true, sample: hello}\n"
        "  n: {kind: float, required: false, default: 0.5}\n"
    )
    assert head.inputs == {"q": {"type": "string"}, "n": {"type": "number", "default": 0.5}}
    assert head.sample == {"q": "hello"}
    assert "sample" in head.given


def test_an_input_that_may_be_left_out_needs_a_default():
    with pytest.raises(PromptSyntaxError, match="'q' is not required and has no default"):
        parse_front_matter("inputs: {q: {kind: string, required: false}}")


def test_examples_may_be_larger_than_a_head_usually_is():
    cases = "\n".join(f"    - {{question: {'x' * 900}, expected: y}}" for _ in range(90))
    assert len(parse_front_matter(f"examples:\n  cases:\n{cases}").examples.cases) == 90
