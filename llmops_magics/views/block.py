"""The pieces that views are put together from: headings, badges, tables, folded text, bars."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llmops_magics.record import to_jsonable
from llmops_magics.views import style
from llmops_magics.views.format import NOTHING, plural
from llmops_magics.views.markup import NO_FORMULA, Markup, abbreviate, cut, element, join

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SHORT_CHARACTERS = 120
LONG_CHARACTERS = 4000
MAX_ROWS = 200
DOT = " · "


def outer(*children: str | None) -> Markup:
    """Wrap a whole view."""
    return element("div", *children, **{"class": NO_FORMULA}, style=style.OUTER)


def heading(*children: str) -> Markup:
    """Put the one line that says what this is."""
    return element("div", join(children, " "), style=style.HEADING)


def subline(parts: Iterable[str]) -> Markup:
    """Put the small line under a heading; empty parts are left out."""
    return element("div", join([part for part in parts if part], DOT), style=style.SUBLINE)


def badge(word: str, colour: str) -> Markup:
    """Put a word on a tint."""
    return element("span", word, style=style.badge(colour))


def verdict_colour(verdict: str | None) -> str:
    """Return the tint of PASS, FAIL, INCONCLUSIVE or no verdict."""
    return {"PASS": style.GREEN, "FAIL": style.RED}.get(str(verdict), style.AMBER)


def verdict_words(verdict: str) -> str:
    """Put a mark before a verdict, so that it does not rest on colour."""
    return f"{ {'PASS': '✓', 'FAIL': '✗'}.get(str(verdict), '?') } {verdict!s}"


def prose(value: str, limit: int = LONG_CHARACTERS) -> Markup:
    """Show data text with its line breaks, isolated in its own direction."""
    return element("div", cut(value, limit), dir="auto", style=style.PROSE)


def block(value: str, limit: int = LONG_CHARACTERS) -> Markup:
    """Show data text as a monospaced block over the whole width."""
    return element("pre", cut(value, limit), dir="auto", style=style.BLOCK)


def folded(value: str, short: int = SHORT_CHARACTERS) -> Markup:
    """Show text that is short, and fold text that is not under its first words."""
    if len(value) <= short and value.count("\n") <= 3:  # still compact
        return prose(value)
    return fold(abbreviate(value, short), prose(value))


def fold(title: str, *children: str, is_open: bool = False) -> Markup:
    """Hide something under a line that names it."""
    summary = element("summary", title, dir="auto", style=style.SUMMARY)
    return element("details", summary, *children, open=is_open)


def table(
    caption: str, head: Sequence[Markup], rows: Iterable[Markup], *, wide: bool = False
) -> Markup:
    """Build a table with a caption, a head row, and scrolling where it is too wide."""
    body = element(
        "table",
        element("caption", caption, style=style.CAPTION),
        element("thead", element("tr", *head, style=style.HEAD_ROW)) if head else None,
        element("tbody", *rows),
        style=style.WIDE_TABLE if wide else style.TABLE,
    )
    return element("div", body, style=style.SCROLL)


def head(title: str) -> Markup:
    """Head a column of text."""
    return element("th", title, scope="col", style=style.HEAD)


def marked_head(title: str) -> Markup:
    """Head a column whose cells bear a coloured mark."""
    return element("th", title, scope="col", style=style.HEAD_MARKED)


def number_head(title: str) -> Markup:
    """Head a column of numbers."""
    return element("th", title, scope="col", style=style.HEAD_NUMBER)


def row(*cells: Markup) -> Markup:
    """Build a row."""
    return element("tr", *cells, style=style.ROW)


def row_head(title: str) -> Markup:
    """Head a row."""
    return element("th", title, scope="row", style=style.ROW_HEAD)


def cell(*content: str) -> Markup:
    """Build a cell of text."""
    return element("td", *content, style=style.CELL)


def number_cell(content: str) -> Markup:
    """Build a cell of a number, right-aligned."""
    return element("td", content, style=style.NUMBER)


def more(rest: int, noun: str) -> Markup:
    """Count what a view leaves out, or say nothing when that is nothing."""
    if rest <= 0:
        return Markup()
    return element("div", f"and {plural(rest, f'more {noun}')} in the record", style=style.SMALL)


def facts(caption: str, items: Mapping[str, Any]) -> Markup:
    """Build a table of names and values; what is empty is left out."""
    rows = [
        row(row_head(abbreviate(str(name), SHORT_CHARACTERS)), cell(_fact(value)))
        for name, value in items.items()
        if value not in ("", None, (), {})
    ]
    return table(caption, (), rows) if rows else Markup()


def hint(words: str, look: str = style.SMALL) -> Markup:
    """Put words of our own; what stands between backticks is code.

    Not for data: its backticks would be gone.
    """
    pieces = words.split("`")
    if len(pieces) % 2 == 0:  # one is left over
        return element("div", words, style=look)
    shown = [element("code", piece) if n % 2 else piece for n, piece in enumerate(pieces)]
    return element("div", *shown, style=look)


def bullets(items: Iterable[str]) -> Markup:
    """List items."""
    return element("ul", *(element("li", item) for item in items))


def names(items: Sequence[str], limit: int = 50) -> str:
    """Name the first few items in one line, and count the rest."""
    shown = ", ".join(abbreviate(item, SHORT_CHARACTERS) for item in items[:limit])
    rest = len(items) - limit
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def plain(value: Any) -> str:
    """Show any value in one text: a string as it is, what has parts as JSON."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return " | ".join(value)
    return json.dumps(to_jsonable(value), ensure_ascii=False, default=str)


def bar(
    start: float,
    length: float,
    colour: str,
    *,
    height: int = 6,
    opacity: float = 0.7,
    inner: Markup | None = None,
) -> Markup:
    """Draw a bar from ``start`` over ``length``, both fractions of the cell's width."""
    begin = min(max(start, 0.0), 1.0)
    size = min(max(length, 0.0), 1.0 - begin)
    look = (
        f"margin-left:{begin:.1%};width:{size:.1%};min-width:1px;height:{height}px;"
        f"border-radius:2px;background-color:{style.tint(colour, opacity)}"
    )
    return element("div", inner, style=look)


def _fact(value: Any) -> Markup:
    return value if isinstance(value, Markup) else folded(plain(value))
