"""How the difference between two versions of a prompt looks.

Messages and whatever else is long stand side by side, with the words that changed marked; short
values are rows of one table. The text view is a unified difference.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.column import WIDTH, width
from llmops_magics.views.difference import side_by_side, unified_text, unified_view, words
from llmops_magics.views.format import NOTHING, plural
from llmops_magics.views.lines import LineDifference
from llmops_magics.views.markup import Markup, abbreviate, cut, element, join, visible
from llmops_magics.views.words import CAME, WENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmops_magics.prompts.version import Change, PromptDiff

MAX_TEXT_CHARACTERS = 40_000
_MESSAGE = re.compile(r"(system|user|assistant|developer|tool)(\[\d+\])?")
_ROW_CHARACTERS = 400
_COMPACT_CHARACTERS = 100
_OPEN_LINES = 12
_NAME_CHARACTERS = 80


def prompt_diff_html(diff: PromptDiff) -> Markup:
    """Show every change: texts side by side and line by line, values before and after."""
    return block.outer(
        block.heading(element("strong", _title(diff))),
        block.subline([_amount(diff)]),
        *changes_html(diff),
    )


def prompt_diff_text(diff: PromptDiff) -> str:
    """Return the changes in the unified notation, short values in one line each."""
    lines = [f"{_title(diff)}{block.DOT}{_amount(diff)}"]
    for change in sorted(diff.changes[: block.MAX_ROWS], key=_is_text):  # short values first
        lines += _change_lines(change)
    rest = len(diff.changes) - block.MAX_ROWS
    if rest > 0:
        lines.append(f"and {plural(rest, 'more change')} in the record")
    return visible("\n".join(lines))


def changes_html(diff: PromptDiff) -> list[Markup]:
    """Show the changes without a heading, the messages first."""
    heads = (diff.before or "nothing", diff.after)
    texts: list[Change] = []
    values: list[Change] = []
    for change in diff.changes[: block.MAX_ROWS]:
        (texts if _is_text(change) else values).append(change)
    messages = [change for change in texts if _MESSAGE.fullmatch(change.field)]
    others = [change for change in texts if not _MESSAGE.fullmatch(change.field)]
    return [
        *(_text_change(change, heads) for change in messages),
        *([_value_table(values, heads)] if values else []),
        *(_text_change(change, heads) for change in others),
        block.more(len(diff.changes) - block.MAX_ROWS, "change"),
    ]


def _is_text(change: Change) -> bool:
    """Tell whether a change needs lines: a message, or a value too long for a row."""
    sides = readable(change.before, change.after)
    return bool(_MESSAGE.fullmatch(change.field)) or any(
        "\n" in text or len(text) > _ROW_CHARACTERS for text in sides
    )


def readable(*sides: str) -> tuple[str, ...]:
    """Return JSON that has parts in one line where all sides are short, else with a line a part."""
    try:
        parts = [json.loads(side) if side[:1] in {"{", "["} else side for side in sides]
    except (ValueError, RecursionError):
        return sides
    compact = [_json(part, None) for part in parts]
    is_short = all(len(text) <= _COMPACT_CHARACTERS for text in compact)
    return tuple(compact if is_short else [_json(part, 2) for part in parts])


def _json(part: Any, indent: int | None) -> str:
    return part if isinstance(part, str) else json.dumps(part, ensure_ascii=False, indent=indent)


def _text_change(change: Change, heads: tuple[str, str]) -> Markup:
    name = abbreviate(change.field, _NAME_CHARACTERS)
    if not change.before or not change.after:
        return _one_sided(change, name)
    difference = LineDifference(*readable(change.before, change.after))
    caption = join([element("strong", name), f"{block.DOT}{_line_amount(difference)}"])
    table, left_out = side_by_side(caption, heads, difference)
    below = f"{left_out:,} more changed lines do not fit: they are in the line-by-line view"
    return element(
        "div",
        table,
        element("div", below, style=style.SMALL) if left_out else None,
        unified_view(difference),
        style=style.SECTION,
    )


def _one_sided(change: Change, name: str) -> Markup:
    """Show a text that only one version has."""
    came = bool(change.after)
    badge = (
        block.badge("+ added", style.GREEN)
        if came
        else block.badge("\N{MINUS SIGN} removed", style.RED)
    )
    text = cut(readable(change.after or change.before)[0], MAX_TEXT_CHARACTERS)
    look = style.BLOCK_CAME if came else style.BLOCK_WENT
    shown = element("pre", text, dir="auto", style=look)
    lines = text.count("\n") + 1
    is_message = bool(_MESSAGE.fullmatch(change.field))
    return element(
        "div",
        element("div", element("strong", name), " ", badge, style=style.PART_HEADING),
        shown if is_message or lines <= _OPEN_LINES else block.fold(plural(lines, "line"), shown),
        style=style.SECTION,
    )


def _value_table(changes: Sequence[Change], heads: tuple[str, str]) -> Markup:
    rows = []
    for change in changes:
        before, after = readable(change.before, change.after)
        title = block.row_head(abbreviate(change.field, _NAME_CHARACTERS))
        sides = (_value(before, after, came=came) for came in (False, True))
        rows.append(block.row(title, *sides))
    columns = (block.head("what"), *(block.head(title) for title in heads))
    return block.table("Settings and declarations, before and after", columns, rows)


def _value(before: str, after: str, *, came: bool) -> Markup:
    """Show one side of a value, with the words the other side lacks marked."""
    if not (after if came else before):
        return block.cell(element("span", NOTHING, style=style.MUTED, title="not there"))
    shown = words(before, after, only=CAME if came else WENT)
    return block.cell(element("div", shown, dir="auto", style=style.VALUE))


def _change_lines(change: Change) -> Iterable[str]:
    before, after = readable(change.before, change.after)
    if not _is_text(change):
        line = f"{change.field}: {before or NOTHING} → {after or NOTHING}"
        is_long = width(line) > WIDTH
        yield (
            f"{change.field}:\n  - {before or NOTHING}\n  + {after or NOTHING}" if is_long else line
        )
        return
    difference = LineDifference(before, after)
    yield f"\n{change.field}: {_line_amount(difference)}"
    yield unified_text(difference)


def _line_amount(difference: LineDifference) -> str:
    return f"{plural(difference.added, 'line')} added, {difference.removed:,} removed"


def _title(diff: PromptDiff) -> str:
    return f"{diff.before or 'nothing'} → {diff.after}"


def _amount(diff: PromptDiff) -> str:
    if not diff.changes:
        return "no changes: the same content"
    return plural(len(diff.changes), "change")
