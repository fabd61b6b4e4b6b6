"""Values cut before they are written out: one giant text must not be copied to be shown in part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmops_magics.views.block import plain

MAX_KEYS = 200
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
