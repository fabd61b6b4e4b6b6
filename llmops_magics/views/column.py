"""Columns of text that line up in a terminal of 100 characters.

Widths are what a terminal takes: two places for a Chinese character or an emoji, none for an
accent that stands on the letter before it. One column gives way when there is too little room.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from llmops_magics.views.block import MAX_ROWS
from llmops_magics.views.format import plural
from llmops_magics.views.markup import abbreviate, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

WIDTH = 100
MAX_COLUMN = 36
_LEAST_COLUMN = 24  # of the one that gives way
_LEAST_OTHER = 12
_GAP = "  "


def columns(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Collection[int] = (),
    fixed: Collection[int] = (),
    gives_way: int = -1,
    noun: str = "row",
    total: int | None = None,
) -> list[str]:
    """Return a head line and one line a row, at most ``MAX_ROWS``; the rest is counted.

    ``total`` says how many rows there are where the caller gives only those to be shown.

    Columns by index in ``numbers`` are set to the right; they and those in ``fixed`` keep their
    width. ``gives_way`` (the last one, unless told) has what room is left. Columns without any
    text are left out.
    """
    flexible = gives_way % len(head)
    limits = [WIDTH if i == flexible else MAX_COLUMN for i in range(len(head))]
    texts = [
        [
            fitted(visible(abbreviate(text, WIDTH)), limit)
            for text, limit in zip(cells, limits, strict=True)
        ]
        for cells in (head, *rows[:MAX_ROWS])
    ]
    used = [i for i in range(len(head)) if any(cells[i] for cells in texts[1:])]
    wide = {i: max(width(cells[i]) for cells in texts) for i in used}
    yielding = [i for i in used if i != flexible and i not in numbers and i not in fixed]
    _make_room(wide, flexible, yielding)
    lines = [
        _GAP + _GAP.join(_placed(cells[i], wide[i], i in numbers) for i in used) for cells in texts
    ]
    rest = (len(rows) if total is None else total) - min(len(rows), MAX_ROWS)
    more = [f"{_GAP}and {plural(rest, f'more {noun}')} in the record"] if rest > 0 else []
    return [line.rstrip() for line in lines] + more


def _make_room(wide: dict[int, int], flexible: int, yielding: Sequence[int]) -> None:
    """Shorten the flexible column, and the widest yielding ones where that is not enough."""
    room = WIDTH - len(_GAP) * len(wide) - sum(wide[i] for i in wide if i != flexible)
    wanted = min(wide.get(flexible, 0), _LEAST_COLUMN)
    while room < wanted and yielding:
        widest = max(yielding, key=wide.__getitem__)
        if wide[widest] <= _LEAST_OTHER:
            break
        wide[widest], room = wide[widest] - 1, room + 1
    if flexible in wide:
        wide[flexible] = min(wide[flexible], max(room, _LEAST_OTHER))


def wrapped(text: str, by: int = 2) -> list[str]:
    """Break a sentence into lines that a terminal holds, each set in."""
    indent = " " * by
    return wrap(visible(text), WIDTH - by, initial_indent=indent, subsequent_indent=indent)


def width(text: str) -> int:
    """Return how many places a terminal needs for a line."""
    if text.isascii():
        return len(text)
    return sum(map(_places, text))


def fitted(text: str, limit: int) -> str:
    """Return a line of at most ``limit`` places, with an ellipsis where it was cut."""
    if width(text) <= limit:
        return text
    taken, end = 1, 0
    while taken + _places(text[end]) <= limit:
        taken += _places(text[end])
        end += 1
    return text[:end].rstrip() + "…"


def indented(text: str, by: int = 4) -> str:
    """Set every line of a text further in."""
    return "\n".join(f"{' ' * by}{line}".rstrip() for line in text.split("\n"))


def _placed(text: str, size: int, to_the_right: bool) -> str:
    shown = fitted(text, size)
    space = " " * (size - width(shown))
    return space + shown if to_the_right else shown + space


def _places(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
