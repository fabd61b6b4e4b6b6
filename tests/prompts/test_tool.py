import pytest

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.tool import (
    check_response_format,
    check_tool_choice,
    check_tools,
    check_total,
)

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WANTED = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}


@pytest.mark.parametrize(
    "tool",
    [
        WANTED,
        {"name": "weather", "parameters": SCHEMA},
        {"type": "function", "name": "weather", "parameters": SCHEMA},
        {"name": "weather", "input_schema": SCHEMA},
        {"name": "weather", "inputSchema": SCHEMA},
    ],
)
def test_every_way_to_write_a_tool_becomes_one_form(tool):
    assert check_tools([tool]) == [WANTED]


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ({"name": "x"}, "not a list"),
        (["x"], "Tool 1 is a str"),
        ([{"name": "a b"}], "'a b'"),
        ([{"description": "x"}], "1 to 64 letters"),
        ([{"name": "x", "paramters": {}}], "mean 'parameters'"),
        ([{"name": "x"}, {"name": "x"}], "stands there twice"),
        ([{"name": "x", "type": "retrieval"}], "only functions"),
        ([{"type": "function", "function": 7}], "no mapping"),
        ([{"name": "x", "parameters": {"type": "objekt"}}], "no valid JSON Schema → type"),
        ([{"name": "x", "parameters": {"type": "string"}}], "of type object"),
        ([{"name": "x", "parameters": []}], "not a JSON Schema"),
        ([{"name": "x", "description": 7}], "no text"),
        ([{"name": "x", "strict": "yes"}], "neither true nor false"),
        ([{"name": f"x{i}"} for i in range(129)], "at most 128"),
        ([{"name": "x", "parameters": {"description": "x" * 70_000}}], "over 64 kB"),
    ],
)
def test_a_bad_tool_is_refused_with_the_reason(tools, message):
    with pytest.raises(PromptSyntaxError, match=message):
        check_tools(tools)


def test_a_very_deep_schema_is_refused():
    schema = {}
    for _ in range(200):
        schema = {"items": schema}
    with pytest.raises(PromptSyntaxError, match="levels deep"):
        check_tools([{"name": "x", "parameters": schema}])


def test_a_bare_schema_is_wrapped():
    assert check_response_format({"title": "An answer", **SCHEMA}) == {
        "type": "json_schema",
        "json_schema": {"name": "An_answer", "schema": {"title": "An answer", **SCHEMA}},
    }
    assert check_response_format({"anyOf": [SCHEMA]})["json_schema"]["name"] == "response"


def test_openai_forms_stay():
    for value in (
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA, "strict": True}},
    ):
        assert check_response_format(value) == value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("json", "not a mapping"),
        ({"type": "json"}, "'json'"),
        ({}, "'None'"),
        ({"type": "json_schema"}, "no mapping `json_schema`"),
        ({"type": "json_schema", "json_schema": {"name": "a"}}, "not a JSON Schema"),
        ({"type": "json_schema", "json_schema": {"name": "a b", "schema": {}}}, "'a b'"),
        ({"type": "object", "properties": []}, "no valid JSON Schema → properties"),
        ({"type": "json_object", "x": 1}, "Unknown key 'x'"),
    ],
)
def test_a_bad_response_format_is_refused(value, message):
    with pytest.raises(PromptSyntaxError, match=message):
        check_response_format(value)


def test_a_tool_is_chosen_by_its_name():
    wanted = {"type": "function", "function": {"name": "weather"}}
    assert check_tool_choice("weather") == check_tool_choice(wanted) == wanted
    assert check_tool_choice("required") == "required"
    for bad in (7, "a b", {"type": "function"}, {"type": "function", "function": {"name": 7}}):
        with pytest.raises(PromptSyntaxError, match="tool_choice"):
            check_tool_choice(bad)


def test_all_schemas_together_have_a_size():
    schema = {"type": "object", "description": "x" * 20_000}
    tools = [{"name": f"t{n}", "parameters": schema} for n in range(4)]
    assert len(check_tools(tools[:3])) == 3
    with pytest.raises(PromptSyntaxError, match="over 64 kB together"):
        check_tools(tools)
    settings = {"tools": check_tools(tools[:3]), "response_format": check_response_format(schema)}
    with pytest.raises(PromptSyntaxError, match="over 64 kB together"):
        check_total(settings)
    check_total({"tools": settings["tools"][:2], "response_format": settings["response_format"]})
