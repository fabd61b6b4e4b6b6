import pytest

from llmops_magics.errors import PromptSyntaxError, RenderError
from llmops_magics.prompts.inputs import (
    check_declared,
    check_sample,
    coerce,
    describe,
    fill,
    normalise_inputs,
)

INPUTS = normalise_inputs(
    {
        "question": {"type": "string", "minLength": 1, "maxLength": 10},
        "tone": {"type": "string", "enum": ["kind", "formal"], "default": "kind"},
        "docs": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "n": {"type": "integer", "minimum": 1, "maximum": 5},
        "any": None,
    }
)


def filled(strict=True, **variables):
    return fill(INPUTS, variables, required=["question", "tone"], strict=strict)


def test_a_default_is_filled_in():
    assert filled(question="hi") == {"tone": "kind", "question": "hi"}


def test_without_strict_what_is_not_declared_is_dropped():
    assert filled(strict=False, question="hi", other=1) == {"tone": "kind", "question": "hi"}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"qestion": "hi"}, r"'qestion' is not one of the prompt's\. Did you mean 'question'\?"),
        ({"n": 1}, r"'question' is missing: a text\. Given: n"),
        ({"question": ""}, "'question' is empty"),
        ({"question": "x" * 11}, "has 11 characters; at most 10"),
        ({"question": 7}, "'question' is 7, but must be a text"),
        ({"question": object()}, "is a object, but must be a text"),
        ({"question": None}, "is None, but must be a text"),
        ({"question": "a", "tone": "rude"}, "is 'rude', but must be one of 'kind', 'formal'"),
        ({"question": "a", "docs": "x"}, "is 'x', but must be a list"),
        ({"question": "a", "docs": ["x", 2]}, r"'docs' \[1\] is 2, but must be a text"),
        ({"question": "a", "docs": ["x"] * 3}, "has 3 items; at most 2"),
        ({"question": "a", "n": 0}, "is 0, but must be 1 or more"),
        ({"question": "a", "n": 9}, "is 9, but must be 5 or less"),
        ({"question": "a", "n": True}, "is True, but must be a whole number"),
        ({"question": "a", "n": 1.5}, "is 1.5, but must be a whole number"),
        ({"question": "a", "docs": ["x" * 3_000_000]}, "over the size limit"),
    ],
)
def test_a_bad_variable_is_named_with_what_it_should_be(variables, message):
    with pytest.raises(RenderError, match=message):
        filled(**variables)


def test_values_of_python_pass_where_their_json_would():
    numpy = pytest.importorskip("numpy")
    values = {"question": "a", "docs": ("x",), "n": numpy.int64(3), "any": object()}
    assert filled(**values)["docs"] == ("x",)


def test_a_variable_that_is_not_declared_is_found_with_the_close_one():
    with pytest.raises(PromptSyntaxError, match=r"'qestion' is read.*mean 'question'"):
        check_declared(["qestion"], INPUTS, ())
    check_declared(["anything"], {}, ())
    check_declared(["examples"], INPUTS, ["examples"])


def test_a_sample_of_what_is_not_declared_is_refused():
    with pytest.raises(PromptSyntaxError, match=r"gives 'tne'.*mean 'tone'"):
        check_sample({"tne": "kind"}, INPUTS)


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "7", "7"),
        ({"type": "integer"}, " -7 ", -7),
        ({"type": "number"}, "7", 7),
        ({"type": "number"}, "1e-3", 0.001),
        ({"type": "boolean"}, "Yes", True),
        ({"type": "boolean"}, "false", False),
        ({"type": "array"}, '["a", 1]', ["a", 1]),
        ({"type": "object"}, '{"a": null}', {"a": None}),
        ({}, "[1]", "[1]"),
        ({"enum": [1, "two"]}, "1", 1),
    ],
)
def test_a_text_is_read_as_the_declared_type(schema, text, value):
    read = coerce(schema, text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "7.0"),
        ("integer", "9" * 5000),
        ("integer", "٣"),
        ("number", "nan"),
        ("number", "1e999"),
        ("number", ""),
        ("boolean", "maybe"),
        ("array", "a, b"),
        ("array", "{}"),
        ("array", "[NaN]"),
        ("array", "[" * 100_000),
        ("object", "[1]"),
    ],
)
def test_a_text_that_is_not_of_the_type_is_refused(kind, text):
    with pytest.raises(RenderError, match="is not "):
        coerce({"type": kind}, text)


def test_a_declaration_is_told_in_a_few_words():
    assert describe(INPUTS["tone"]) == "a text, one of 'kind', 'formal'"
    assert describe({"type": "integer", "description": "of the page"}) == (
        "a whole number (of the page)"
    )
