import pytest

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.declaration import MAX_INPUTS, normalise_inputs


def test_a_type_alone_is_short_for_a_schema():
    assert normalise_inputs({"q": "string", "x": None}) == {"q": {"type": "string"}, "x": {}}


def test_equal_bounds_have_one_form():
    schema = normalise_inputs({"n": {"type": "number", "minimum": 1.0, "default": 2.0}})["n"]
    assert repr(schema) == "{'type': 'number', 'minimum': 1, 'default': 2}"
    assert repr(normalise_inputs({"n": {"enum": [1.0, [2.0]]}})["n"]) == "{'enum': [1, [2]]}"
    assert normalise_inputs({"n": {"type": "integer", "minimum": 10**399}})["n"]["minimum"] > 0


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"q": "text"}, "is 'text'.*Known types: string, integer"),
        ({"q": "What is it?"}, "Known types"),
        ({"q": 7}, "is a int"),
        ({"q": {"type": ["string", "null"]}}, "Known types"),
        ({"q": {"type": "string", "pattern": "(a+)+$"}}, "Unknown key 'pattern'.*Known keys: type"),
        ({"q": {"type": "string", "$ref": "http://x"}}, r"Unknown key '\$ref'"),
        ({"q": {"type": "string", "maximum": 3}}, "`maximum`, which says nothing of a text"),
        ({"q": {"minLength": 3}}, "says nothing of any value"),
        ({"q": {"type": "string", "minLength": 3, "maxLength": 2}}, "above its `maxLength`"),
        ({"q": {"type": "string", "minLength": -1}}, "whole number of 0 or more"),
        ({"q": {"type": "string", "minLength": True}}, "whole number of 0 or more"),
        ({"q": {"type": "integer", "minimum": "1"}}, "must be a number"),
        ({"q": {"type": "number", "minimum": float("nan")}}, "holds no JSON"),
        ({"q": {"type": "string", "enum": []}}, "no list of 1 to 1,000"),
        ({"q": {"type": "string", "enum": ["a", 1]}}, "An enum value of the input 'q' is 1"),
        ({"q": {"type": "string", "default": 1}}, "The default of the input 'q' is 1"),
        ({"q": {"enum": ["a"], "default": "b"}}, "must be one of 'a'"),
        ({"q": {"type": "array", "items": {"type": "x"}}}, "Known types"),
        ({"q": {"type": "string", "description": 7}}, "no text"),
        ({"a b": "string"}, "no template can read"),
        ({"if": "string"}, "no template can read"),
        ({"_x": "string"}, "no template can read"),
        *(
            ({name: "string"}, "no template can read")
            for name in ("range", "dict", "namespace", "cycler", "joiner", "self", "loop", "caller")
        ),
        ({f"v{i}": "string" for i in range(MAX_INPUTS + 1)}, "over 200 variables"),
    ],
)
def test_a_bad_declaration_is_refused_with_the_reason(raw, message):
    with pytest.raises(PromptSyntaxError, match=message):
        normalise_inputs(raw)


def test_items_have_an_end():
    schema = {"type": "string"}
    for _ in range(7):
        schema = {"type": "array", "items": schema}
    with pytest.raises(PromptSyntaxError, match="levels deep"):
        normalise_inputs({"q": schema})
