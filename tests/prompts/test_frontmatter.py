import time

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
        ("sample: {1: 1, 01: 2}", "'01' twice, again in line 1"),
        ("sample: {1: 1, '1': 2}", "'1' twice"),
        ("sample: {true: 1, True: 2}", "'True' twice"),
        ("sample: {1: 1, 1.0: 2}", r"'1\.0' twice"),
        ("sample: {1: 1, true: 2}", "'true' twice"),
        ("sample: {null: 1, None: 2}", "'None' twice"),
        ("sample: {? [a] : 1}", "unhashable key"),
        ("settings: {temperature: " + "9" * 399 + "}", "too large|from 0 to 2"),
        ("settings: {max_tokens: 0x" + "f" * 300_000 + "}", "whole number"),
        ("inputs: {q: {type: number, minimum: " + "9" * 5000 + "}}", "must be a number"),
        ("sample: {q: 2024-13-45}", "valid YAML"),
        ("sample: {q: .inf}", "holds no JSON"),
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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("7", 7), ("-7", -7), ("+7", 7), ("010", 10), ("0x1F", 31), ("9" * 400, int("9" * 400))),
        *(("1.5", 1.5), ("-.5", "-.5"), (".5", 0.5), ("1.0e-7", 1e-7), ("1.", 1.0)),
        *((t, t) for t in ("1:30", "1_000", "0b11", "08", "0o17", "1e3", "9" * 401, "1.5:30")),
        *(("yes", True), ("~", None), ("'7'", "7")),
    ],
    ids=lambda v: str(v)[:20],
)
def test_numbers_are_those_of_yaml_1_2(text, value):
    read = parse_front_matter(f"sample: {{q: {text}}}").sample["q"]
    assert (read, type(read)) == (value, type(value))


def test_a_number_to_the_base_60_does_not_take_minutes():
    began = time.monotonic()
    head = parse_front_matter("sample: {q: 1" + ":1" * 400_000 + "}")
    assert head.sample["q"].startswith("1:1:1")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("risk", ["low", "high"])
def test_the_risk_is_low_or_high(risk: str) -> None:
    assert parse_front_matter(f"risk: {risk}").risk == risk


def test_no_other_risk_is_read() -> None:
    with pytest.raises(PromptSyntaxError, match=r"`risk`.*'medium'.*low or high"):
        parse_front_matter("risk: medium")
