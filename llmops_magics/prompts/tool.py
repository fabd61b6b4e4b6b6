"""Tools and response formats of a prompt: checked, and brought into OpenAI's form.

A tool may be written as a bare function (``name``, ``description``, ``parameters``) and a response
format as a bare JSON Schema. Schemas are checked against JSON Schema itself, so that a mistake is
found when a prompt is registered and not by an endpoint in production.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.fields import plain, refuse_unknown
from llmops_magics.record import canonical_json

MAX_TOOLS = 128  # what OpenAI takes
MAX_SCHEMA_BYTES = 64 * 1024  # of all schemas of a prompt; checking more takes seconds
TOOL_SETTINGS = ("tools", "tool_choice", "parallel_tool_calls")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FUNCTION_KEYS = ("name", "description", "parameters", "strict")
# What Anthropic and the Model Context Protocol call `parameters`.
_PARAMETERS = ("input_schema", "inputSchema")
_CHOICES = ("none", "auto", "required")
_FORMATS = ("text", "json_object", "json_schema")
_SCHEMA_MARKS = frozenset({"properties", "$schema", "$ref", "$defs", "anyOf", "oneOf", "allOf"})


def check_tools(value: Any) -> list[dict[str, Any]]:
    """Return tools as ``[{"type": "function", "function": {…}}]``."""
    if not isinstance(value, list | tuple):
        raise PromptSyntaxError(f"`tools` is a {type(value).__name__}, not a list of tools.")
    if len(value) > MAX_TOOLS:
        raise PromptSyntaxError(f"The prompt has {len(value)} tools; at most {MAX_TOOLS} pass.")
    tools = [_tool(item, position) for position, item in enumerate(value, 1)]
    check_total({"tools": tools})
    for tool in tools:
        _check_parameters(tool["function"])
    names = [tool["function"]["name"] for tool in tools]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PromptSyntaxError(f"The tool {twice[0]!r} stands there twice.")
    return tools


def check_tool_choice(value: Any) -> Any:
    """Return ``none``, ``auto``, ``required``, or the one tool that must be called."""
    if isinstance(value, str):
        if value in _CHOICES:
            return value
        value = {"type": "function", "function": {"name": value}}
    match value:
        case {"type": "function", "function": {"name": str(name)}} if _NAME.fullmatch(name):
            return {"type": "function", "function": {"name": name}}
    raise PromptSyntaxError(
        "The model setting 'tool_choice' is neither none, auto, required nor a tool's name."
    )


def check_response_format(value: Any) -> dict[str, Any]:
    """Return a response format in OpenAI's form; a bare JSON Schema is wrapped."""
    if not isinstance(value, Mapping):
        raise PromptSyntaxError(
            f"`response_format` is a {type(value).__name__}, not a mapping with a `type`.",
            hint="Write {type: json_object}, or a JSON Schema.",
        )
    value = plain(value, "`response_format`")
    kind = value.get("type")
    if kind not in _FORMATS:
        return _wrap_schema(value)
    if kind == "json_schema":
        return {"type": kind, "json_schema": _named_schema(value)}
    refuse_unknown(value, ("type", "schema"), "in `response_format`")
    if "schema" in value:
        check_schema(value["schema"], "The schema of `response_format`")
    return dict(value)


def check_schema(schema: Any, what: str) -> dict[str, Any]:
    """Return a valid JSON Schema that is an object, or refuse it."""
    if not isinstance(schema, dict):
        raise PromptSyntaxError(f"{what} is a {type(schema).__name__}, not a JSON Schema.")
    if len(canonical_json(schema)) > MAX_SCHEMA_BYTES:
        raise PromptSyntaxError(f"{what} is over {MAX_SCHEMA_BYTES // 1024} kB.")
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except RecursionError as error:
        raise PromptSyntaxError(f"{what} is nested too deeply.") from error
    except SchemaError as error:
        where = "".join(f" → {part}" for part in error.absolute_path)
        raise PromptSyntaxError(
            f"{what} is no valid JSON Schema{where}: {error.message[:200]}."
        ) from error
    return schema


def check_total(settings: Mapping[str, Any]) -> None:
    """Refuse tools and a response format whose schemas are too large together."""
    schemas = [tool["function"].get("parameters") for tool in settings.get("tools", ())]
    schemas.append(settings.get("response_format"))
    if sum(len(canonical_json(schema)) for schema in schemas if schema) > MAX_SCHEMA_BYTES:
        raise PromptSyntaxError(
            "The schemas of the tools and of the response format are over "
            f"{MAX_SCHEMA_BYTES // 1024} kB together."
        )


def check_choice(settings: Mapping[str, Any]) -> None:
    """Refuse a choice of a tool that is not there."""
    names = [tool["function"]["name"] for tool in settings.get("tools", ())]
    for setting in TOOL_SETTINGS[1:]:
        if setting in settings and not names:
            raise PromptSyntaxError(
                f"The model setting {setting!r} needs tools.", hint="Give `tools:` too."
            )
    choice = settings.get("tool_choice")
    if isinstance(choice, dict) and choice["function"]["name"] not in names:
        raise PromptSyntaxError(
            f"`tool_choice` names {choice['function']['name']!r}, which is no tool of the prompt.",
            hint=f"Its tools: {', '.join(names)}.",
        )


def _tool(item: Any, position: int) -> dict[str, Any]:
    what = f"Tool {position}"
    if not isinstance(item, Mapping):
        raise PromptSyntaxError(f"{what} is a {type(item).__name__}, not a mapping.")
    data = plain(item, what)
    kind = data.get("type", "function")
    if kind != "function":
        raise PromptSyntaxError(f"{what} is of type {kind!r}: only functions are supported.")
    if "function" in data:
        refuse_unknown(data, ("type", "function"), f"in tool {position}")
        function = data["function"]
    else:
        function = {key: part for key, part in data.items() if key != "type"}
    if not isinstance(function, dict):
        raise PromptSyntaxError(f"{what} has a `function` that is no mapping.")
    return {"type": "function", "function": _function(function, what)}


def _function(data: dict[str, Any], what: str) -> dict[str, Any]:
    for alias in _PARAMETERS:
        if alias in data and "parameters" not in data:
            data = {("parameters" if k == alias else k): part for k, part in data.items()}
    refuse_unknown(data, _FUNCTION_KEYS, f"in {what.lower()}")
    name = data.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PromptSyntaxError(
            f"{what} has the name {str(name)[:80]!r}.",
            hint="A name has 1 to 64 letters, digits, `_` and `-`.",
        )
    if not isinstance(data.get("description", ""), str):
        raise PromptSyntaxError(f"The description of the tool {name!r} is no text.")
    if not isinstance(data.get("strict", False), bool | None):
        raise PromptSyntaxError(f"`strict` of the tool {name!r} is neither true nor false.")
    return data


def _check_parameters(function: dict[str, Any]) -> None:
    if "parameters" not in function:
        return
    what = f"`parameters` of the tool {function['name']!r}"
    schema = check_schema(function["parameters"], what)
    if schema.get("type", "object") != "object":
        raise PromptSyntaxError(f"{what} must be a schema of type object.")


def _wrap_schema(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type") != "object" and not (
        "type" not in schema and _SCHEMA_MARKS & set(schema)
    ):
        raise PromptSyntaxError(
            f"`response_format` has the type {str(schema.get('type'))[:60]!r}.",
            hint=f"Known: {', '.join(_FORMATS)}; or write a JSON Schema of type object.",
        )
    check_schema(schema, "`response_format`")
    title = re.sub(r"[^a-zA-Z0-9_-]+", "_", str(schema.get("title", "")))[:64].strip("_")
    return {"type": "json_schema", "json_schema": {"name": title or "response", "schema": schema}}


def _named_schema(value: dict[str, Any]) -> dict[str, Any]:
    refuse_unknown(value, ("type", "json_schema"), "in `response_format`")
    body = value.get("json_schema")
    if not isinstance(body, dict):
        raise PromptSyntaxError(
            "`response_format` of type json_schema has no mapping `json_schema`.",
            hint="Write json_schema: {name: …, schema: {…}}, or the bare schema.",
        )
    refuse_unknown(body, ("name", "description", "schema", "strict"), "in `json_schema`")
    name = body.get("name", "response")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PromptSyntaxError(f"`json_schema` has the name {str(name)[:80]!r}.")
    if not isinstance(body.get("strict", False), bool | None):
        raise PromptSyntaxError("`strict` of `json_schema` is neither true nor false.")
    if not isinstance(body.get("description", ""), str):
        raise PromptSyntaxError("The description of `json_schema` is no text.")
    check_schema(body.get("schema"), "The schema of `response_format`")
    return {"name": name, **body}
