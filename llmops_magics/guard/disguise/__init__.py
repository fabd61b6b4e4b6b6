"""The readings of a text that a detector looks at, so that a disguised danger is seen.

``views(text)`` gives the folded text first (one shape of letters, nothing invisible), then one
reading for each encoding and each strange spelling that it holds, and what those hold in turn.
Ordinary text has one view. Depth, number and size are bounded: time is linear in the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from llmops_magics.guard.disguise.encodings import decoded
from llmops_magics.guard.disguise.fold import CONFUSABLE, INVISIBLE, STYLED, fold
from llmops_magics.guard.disguise.hidden import hidden
from llmops_magics.guard.disguise.spelling import respelled
from llmops_magics.guard.disguise.view import TextView

__all__ = ["CONFUSABLE", "INVISIBLE", "STYLED", "VERSION", "TextView", "views"]

VERSION: Final = "1"  # part of the version of each detector that looks at views
_DEPTH: Final = 2
_MOST_VIEWS: Final = 16
_SIZE_FACTOR: Final = 4  # all views together, in lengths of the text
_LEAST_SIZE: Final = 20_000
_SHORT: Final = 20_000  # characters of a text whose views are kept for the next detector


def views(text: str) -> tuple[TextView, ...]:
    """Return the readings of a text, the folded one first; none of them twice."""
    return _of_short(text) if len(text) <= _SHORT else _of_long(text)


@lru_cache(maxsize=512)
def _of_short(text: str) -> tuple[TextView, ...]:
    return _views(text)


@lru_cache(maxsize=2)
def _of_long(text: str) -> tuple[TextView, ...]:
    return _views(text)


def _views(text: str) -> tuple[TextView, ...]:
    written = TextView(text)
    first = fold(written)
    found = {first.text: first}
    room = max(_LEAST_SIZE, _SIZE_FACTOR * len(text))
    level = [*hidden(written), *_undone(first)]
    for depth in range(_DEPTH):
        kept = []
        for view in map(fold, level):
            if view.text in found or len(found) == _MOST_VIEWS or len(view.text) > room:
                continue
            room -= len(view.text)
            found[view.text] = view
            kept.append(view)
        level = [deeper for view in kept for deeper in _undone(view)] if depth + 1 < _DEPTH else []
    return tuple(found.values())


def _undone(view: TextView) -> Iterator[TextView]:
    yield from decoded(view)
    yield from respelled(view)
