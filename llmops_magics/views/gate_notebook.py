"""How gold notebooks look that did not run: what they ask, and one that was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.column import wrapped
from llmops_magics.views.format import plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.release.execution.description import GateDescription, GateList, GateParameter
    from llmops_magics.release.execution.template import GateFile

_NAME_CHARACTERS = 80


def gate_list_html(listed: GateList) -> Markup:
    """Show each notebook: its question, and a row a parameter."""
    return block.outer(*map(_description, listed.gates))


def gate_list_text(listed: GateList) -> str:
    """Return each notebook's question, and a line a parameter."""
    lines = [line for each in listed.gates for line in _lines(each)]
    return visible("\n".join(lines).rstrip())


def gate_file_html(file: GateFile) -> Markup:
    """Say where a gate was written, and its defaults."""
    return block.outer(
        block.heading(element("strong", f"Gate {abbreviate(file.name, _NAME_CHARACTERS)} written")),
        block.subline([file.path, f"from {file.template}", short_digest(file.digest)]),
        block.facts("Parameters", file.parameters),
        block.hint(f"`llmops gate {file.path}` runs it, `llmops gate lint {file.path}` checks it."),
    )


def gate_file_text(file: GateFile) -> str:
    """Say where a gate was written, and how it is run."""
    lines = [
        f"Gate {file.name} written: {file.path}, from {file.template}.",
        f"  run it with: llmops gate {file.path}",
    ]
    return visible("\n".join(lines))


def _description(each: GateDescription) -> Markup:
    heads = [
        block.marked_head("parameter"),
        block.head("type"),
        block.head("default"),
        block.head("what it is"),
    ]
    return element(
        "div",
        block.heading(
            element("strong", abbreviate(each.title, _NAME_CHARACTERS)),
            element("span", each.name, style=style.MUTED),
        ),
        block.prose(each.question),
        block.table(
            plural(len(each.parameters), "parameter"), heads, map(_row, each.parameters), wide=True
        ),
    )


def _row(parameter: GateParameter) -> Markup:
    return block.row(
        element("th", parameter.name, scope="row", style=style.first_cell(style.GREY)),
        block.cell(parameter.type),
        block.cell(block.folded(_default(parameter))),
        block.cell(element("div", parameter.words, dir="auto")),
    )


def _lines(each: GateDescription) -> list[str]:
    lines = [f"{each.name}: {each.title}", *wrapped(each.question)]
    for parameter in each.parameters:
        kind = f": {parameter.type}" if parameter.type else ""
        lines.append(f"  {parameter.name}{kind} = {_default(parameter)}")
        lines += wrapped(parameter.words, 6)
    return [*lines, ""]


def _default(parameter: GateParameter) -> str:
    value: Any = parameter.default
    return '""' if value == "" else block.plain(value)
