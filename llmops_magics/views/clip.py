"""How much is shown: values cut before they are written out, and an end to every view.

One giant text must not be copied to be shown in part, and no record, whatever it holds, may make a
notebook that cannot be opened: every view passes here, and says what it leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmops_magics.views import style
from llmops_magics.views.block import hint, plain
from llmops_magics.views.markup import NO_FORMULA, Markup, element, first_part

MAX_KEYS = 200
MAX_HTML_BYTES = 1_000_000
MAX_TEXT_BYTES = 250_000
_WHOLE = "Shown is the beginning, {} of {}; `.to_dict()` of this result has all of it."
_CHARACTERS, _ITEMS = 20_000, 500


def clipped(value: Any, characters: int, items: int) -> Any:
    """Return a JSON value with every text and list cut, at most ``MAX_KEYS`` keys an object."""
    if isinstance(value, str):
        return value if len(value) <= characters else value[: characters - 1] + "…"
    if isinstance(value, list | tuple):
        return [clipped(each, characters, items) for each in value[:items]]
    if isinstance(value, Mapping):
        kept = list(value.items())[:MAX_KEYS]
        return {clipped(str(k), characters, items): clipped(v, characters, items) for k, v in kept}
    return value


def plain_clipped(value: Any) -> str:
    """Show any value in one text; of one that has parts, each is cut first."""
    return value if isinstance(value, str) else plain(clipped(value, _CHARACTERS, _ITEMS))


def bounded_html(html: Markup) -> Markup:
    """Return a view that is not too long as it is; of any other the beginning, and a note."""
    size = _size(html)
    if size <= MAX_HTML_BYTES:
        return html
    part = first_part(html, MAX_HTML_BYTES * len(html) // size)
    while (kept := _size(part)) > MAX_HTML_BYTES:  # where the beginning is no plain English
        part = first_part(part, int(len(part) * 0.9 * MAX_HTML_BYTES / kept))
    words = _WHOLE.format(_megabytes(kept), _megabytes(size))
    return element("div", hint(words, style.SUBLINE), part, **{"class": NO_FORMULA})


def bounded_text(text: str) -> str:
    """Return plain text that is not too long as it is; of any other its first lines, and a note."""
    size = _size(text)
    if size <= MAX_TEXT_BYTES:
        return text
    part = text.encode(errors="replace")[:MAX_TEXT_BYTES].decode(errors="ignore")
    part = part[: part.rfind("\n")] if "\n" in part else part
    words = _WHOLE.format(_megabytes(_size(part)), _megabytes(size)).replace("`", "")
    return f"{part}\n{words}"


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"
