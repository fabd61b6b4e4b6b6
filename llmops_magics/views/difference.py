"""What changed between two texts: word by word for reading, line by line for the record."""

from __future__ import annotations

import re
from difflib import SequenceMatcher, unified_diff
from typing import TYPE_CHECKING

from llmops_magics.views import style
from llmops_magics.views.block import fold
from llmops_magics.views.markup import Markup, cut, element, join

if TYPE_CHECKING:
    from collections.abc import Iterator

# The matcher's time grows with the product of the lengths; this much is well below a second.
MAX_WORD_PRODUCT = 1_000_000
MAX_CHARACTERS = 40_000
_WORD = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")


def word_difference(before: str, after: str) -> Markup:
    """Show one text with what went struck through and what came underlined."""
    before, after = cut(before, MAX_CHARACTERS), cut(after, MAX_CHARACTERS)
    parts = [
        element(tag, part, style=look) if tag else part
        for tag, look, part in _parts(before, after)
        if part
    ]
    return element("pre", join(parts), dir="auto", style=style.BLOCK)


def unified_view(before: str, after: str) -> Markup:
    """Fold the line-by-line difference, in the usual notation."""
    lines = unified_diff(
        cut(before, MAX_CHARACTERS).splitlines(),
        cut(after, MAX_CHARACTERS).splitlines(),
        "before",
        "after",
        lineterm="",
    )
    shown = join([_tinted(line) for line in lines], "\n")
    return fold("line by line", element("pre", shown, dir="auto", style=style.BLOCK))


def unified_text(before: str, after: str) -> str:
    """Return the line-by-line difference without its file header."""
    lines = unified_diff(
        cut(before, MAX_CHARACTERS).splitlines(),
        cut(after, MAX_CHARACTERS).splitlines(),
        lineterm="",
        n=1,
    )
    return "\n".join(list(lines)[2:])


def _parts(before: str, after: str) -> Iterator[tuple[str, str, str]]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) * len(new) > MAX_WORD_PRODUCT:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if len(old) * len(new) > MAX_WORD_PRODUCT:
        old, new = [before], [after]
    for operation, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if operation == "equal":
            yield "", "", "".join(old[a:b])
        else:
            yield "del", style.DELETED, "".join(old[a:b])
            yield "ins", style.INSERTED, "".join(new[c:d])


def _tinted(line: str) -> str:
    look = {"+": style.GREEN, "-": style.RED}.get(line[:1])
    if look is None or line.startswith(("+++", "---")):
        return line
    return element("span", line, style=f"background-color:{style.tint(look, 0.18)}")
