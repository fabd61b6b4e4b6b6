"""How the declared parts of a prompt version look: inputs, includes, examples, tools, tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.embedded import plain_value, without_data
from llmops_magics.views.format import NOTHING, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, cut, element

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_magics.prompts.version import ChangeTest, Examples, Inclusion, PromptVersion

MAX_TEXT_CHARACTERS = 40_000
MAX_DEPTH = 20
_NAME_CHARACTERS = 80
_VALUE_CHARACTERS = 120
_COUNTED = {
    ("minLength", "maxLength"): "characters",
    ("minItems", "maxItems"): "items",
    ("minimum", "maximum"): "",
}


def input_table(version: PromptVersion) -> Markup | None:
    """Show one row a declared variable: its type, its limits, its default, what it is for."""
    if not version.inputs:
        return None
    titles = ("variable", "type", "allowed", "default", "sample", "description")
    names = list(version.inputs)[: block.MAX_ROWS]
    rows = [
        block.row(
            block.row_head(abbreviate(name, _NAME_CHARACTERS)),
            block.cell(type_words(version.inputs[name])),
            block.cell(block.folded(limit_words(version.inputs[name]) or NOTHING)),
            block.cell(_default(version.inputs[name])),
            block.cell(_sample(version, name)),
            block.cell(block.folded(str(version.inputs[name].get("description", "")))),
        )
        for name in names
    ]
    table = block.table("Variables and what they take", [block.head(t) for t in titles], rows)
    rest = block.more(len(version.inputs) - len(names), "variable")
    return element("div", table, rest)


def type_words(schema: Mapping[str, Any]) -> str:
    """Say a type: ``string``, ``array of integer``, or ``any``."""
    name = plain_value(schema.get("type", "any"))
    items = schema.get("items")
    if name == "array" and isinstance(items, dict) and items.get("type"):
        name = f"array of {plain_value(items['type'])}"
    return abbreviate(name, _NAME_CHARACTERS)


def limit_words(schema: Mapping[str, Any]) -> str:
    """``1 to 500 characters``, ``one of kind, brief``."""
    parts = [_range(schema, low, high, unit) for (low, high), unit in _COUNTED.items()]
    enum = schema.get("enum")
    if isinstance(enum, list | tuple):
        parts.append(f"one of {block.names([plain_value(value) for value in enum])}")
    return ", ".join(part for part in parts if part)


def parts_html(version: PromptVersion) -> Iterator[Markup]:
    """Fold each part that a version has, under a line that says how much it is."""
    for inclusion in version.includes[: block.MAX_ROWS]:
        yield _inclusion(inclusion, 1)
    yield block.more(len(version.includes) - block.MAX_ROWS, "included prompt")
    if version.examples and version.examples.cases:
        yield _examples(version.examples)
    if version.tools:
        yield _tools(version)
    response_format = version.settings.get("response_format")
    if response_format:
        title = f"response format: {response_format_words(response_format)}"
        yield block.fold(title, block.block(_json(response_format), MAX_TEXT_CHARACTERS))
    if version.images:
        images = {name: short_digest(artifact) for name, artifact in version.images.items()}
        yield block.fold(plural(len(images), "image"), block.facts("Images by file", images))
    if version.tests:
        yield _tests(version.tests)


def inclusion_words(inclusion: Inclusion) -> str:
    """Say what an include stands for: the reference, and the pin."""
    reference = abbreviate(inclusion.reference, _NAME_CHARACTERS)
    name = abbreviate(inclusion.name, _NAME_CHARACTERS)
    return f"{reference} = {name} {short_digest(inclusion.digest)}"


def tool_words(tool: Any) -> str:
    """``lookup(order, customer)``."""
    function = tool.get("function", tool) if isinstance(tool, dict) else {}
    function = function if isinstance(function, dict) else {}
    parameters = function.get("parameters")
    properties = parameters.get("properties", {}) if isinstance(parameters, dict) else {}
    name = abbreviate(str(function.get("name", "?")), _NAME_CHARACTERS)
    return f"{name}({block.names([str(key) for key in properties], 10)})"


def response_format_words(response_format: Any) -> str:
    """``json_schema order_status``."""
    if not isinstance(response_format, dict):
        return abbreviate(plain_value(response_format), _VALUE_CHARACTERS)
    inner = response_format.get("json_schema")
    name = str(inner.get("name", "")) if isinstance(inner, dict) else ""
    return abbreviate(f"{response_format.get('type', '')} {name}".strip(), _VALUE_CHARACTERS)


def example_words(examples: Examples) -> str:
    """``3 examples from cases@sha256:…``."""
    amount = plural(len(examples.cases), "example")
    name, at, digest = examples.dataset.partition("@")
    source = f"{name}{at}{short_digest(digest)}" if at else name
    return f"{amount} from {abbreviate(source, 2 * _NAME_CHARACTERS)}" if source else amount


def test_words(test: ChangeTest) -> str:
    """``cases.jsonl: contains >= 0.8; errors == 0``."""
    against = f" against {test.baseline}" if test.baseline else ""
    model = f" on {test.model}" if test.model else ""
    rules = "; ".join(abbreviate(rule, _VALUE_CHARACTERS) for rule in test.rules[:20])
    return f"{abbreviate(test.data, _NAME_CHARACTERS)}{model}{against}: {rules}"


def _range(schema: Mapping[str, Any], low: str, high: str, unit: str) -> str:
    least, most = schema.get(low), schema.get(high)
    if least is None and most is None:
        return ""
    if most is None:
        words = f"at least {least}"
    else:
        words = f"at most {most}" if least is None else f"{least} to {most}"
    return abbreviate(f"{words} {unit}".strip(), _VALUE_CHARACTERS)


def _default(schema: Mapping[str, Any]) -> Markup:
    if "default" not in schema:
        return block.badge("required", style.BLUE)
    return block.folded(value_words(schema["default"]))


def _sample(version: PromptVersion, name: str) -> Markup:
    return block.folded(value_words(version.sample[name]) if name in version.sample else NOTHING)


def value_words(value: Any) -> str:
    """Show a value; an empty text or list, which would look like none, as it is written."""
    return json.dumps(value) if value in ("", [], ()) else plain_value(value)


def _inclusion(inclusion: Inclusion, depth: int) -> Markup:
    inner = inclusion.includes if depth < MAX_DEPTH else ()
    deeper = len(inclusion.includes) - len(inner)
    content = cut(without_data(inclusion.content), MAX_TEXT_CHARACTERS)
    return block.fold(
        f"includes {inclusion_words(inclusion)}",
        element("pre", content, dir="auto", style=style.BLOCK),
        *(
            element("div", _inclusion(each, depth + 1), style=style.NESTED)
            for each in inner[: block.MAX_ROWS]
        ),
        block.more(deeper + max(0, len(inner) - block.MAX_ROWS), "included prompt"),
    )


def _examples(examples: Examples) -> Markup:
    names = list(dict.fromkeys(str(name) for case in examples.cases for name in case.inputs))[:8]
    heads = [block.number_head("example"), *(block.head(abbreviate(n, 40)) for n in names)]
    rows = [
        block.row(
            block.number_cell(f"{number}"),
            *(block.cell(block.folded(plain_value(case.inputs.get(name)))) for name in names),
            block.cell(block.folded(plain_value(case.expected))),
        )
        for number, case in enumerate(examples.cases[: block.MAX_ROWS], 1)
    ]
    templates = {"user message": examples.user, "assistant message": examples.assistant}
    return block.fold(
        example_words(examples),
        block.table("Examples that the model is shown", [*heads, block.head("expected")], rows),
        block.more(len(examples.cases) - len(rows), "example"),
        block.facts("Templates of an example", templates),
    )


def _tools(version: PromptVersion) -> Markup:
    tools = version.tools if isinstance(version.tools, list) else [version.tools]
    shown = [block.fold(tool_words(tool), *_tool(tool)) for tool in tools[: block.MAX_ROWS]]
    choice = version.settings.get("tool_choice")
    chosen = f", choice {abbreviate(plain_value(choice), _VALUE_CHARACTERS)}" if choice else ""
    title = f"{plural(len(tools), 'tool')}{chosen}: {_tool_names(tools)}"
    inner = element("div", *shown, style=style.NESTED)
    return block.fold(title, inner, block.more(len(tools) - len(shown), "tool"))


def _tool_names(tools: list[Any]) -> str:
    return block.names([tool_words(tool).partition("(")[0] for tool in tools], 10)


def _tool(tool: Any) -> list[Markup]:
    function = tool.get("function", tool) if isinstance(tool, dict) else tool
    description = function.get("description") if isinstance(function, dict) else None
    said = [element("div", cut(str(description), 1000), dir="auto")] if description else []
    parameters = function.get("parameters") if isinstance(function, dict) else function
    return [*said, block.block(_json(parameters), MAX_TEXT_CHARACTERS)]


def _tests(tests: tuple[ChangeTest, ...]) -> Markup:
    heads = [block.head(title) for title in ("data", "rules", "scorers", "model", "baseline")]
    rows = [
        block.row(
            element("th", block.folded(test.data), scope="row", style=style.ROW_HEAD_WRAPPED),
            block.cell(*(element("div", abbreviate(rule, 300)) for rule in test.rules[:50])),
            block.cell(block.names(test.scorers) or "those of the rules"),
            block.cell(abbreviate(test.model, _NAME_CHARACTERS) or "the prompt's own"),
            block.cell(abbreviate(test.baseline, _NAME_CHARACTERS) or NOTHING),
        )
        for test in tests[: block.MAX_ROWS]
    ]
    return block.fold(
        plural(len(tests), "test") + " before it may have a label",
        block.table("What this version has to show", heads, rows),
        block.more(len(tests) - len(rows), "test"),
    )


def _json(value: Any) -> str:
    return without_data(json.dumps(value, ensure_ascii=False, indent=2, default=str))
