"""Arguments and results of traced functions as JSON text: bounded, and with secrets masked.

A value is walked only so far as there is room, so that a list of a million items or a text of
10 MB costs no more than the part that is kept. What is no JSON is named by its type, never asked
for its ``repr``.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from llmops_magics.redaction import redact
from llmops_magics.tracing.content import MAX_CONTENT_CHARS, MaskedText

MAX_ITEMS = 100
MAX_DEPTH = 6
MASK = "[secret]"
_SECRET_NAME = re.compile(
    r"(?:^|_)(?:api_?key|password|passwd|secret|access_?token|auth_?token|credentials?)(?:$|_)",
    re.IGNORECASE,
)
_LONGEST_SECRET_CHARS = 9_000


def value_attribute(value: Any) -> MaskedText:
    """Return a value as an attribute."""
    return MaskedText(json.dumps(_Room().plain(value, 0), ensure_ascii=False))


def arguments_attribute(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> MaskedText:
    """Return the arguments of a call by name; those whose name says secret are masked."""
    try:
        bound = inspect.signature(function).bind_partial(*args, **kwargs).arguments
    except (TypeError, ValueError):
        bound = {**{str(i): value for i, value in enumerate(args)}, **kwargs}
    return value_attribute({k: v for k, v in bound.items() if k not in ("self", "cls")})


class _Room:
    """How many characters may still be written."""

    def __init__(self) -> None:
        self._left = MAX_CONTENT_CHARS

    def plain(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool | int | float):
            self._left -= 8
            return value if not isinstance(value, int) or abs(value) < 2**63 else str(value)[:40]
        if isinstance(value, str):
            return self._text(value)
        if depth >= MAX_DEPTH or self._left <= 0:
            return f"<{type(value).__name__}>"
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            value = {f.name: getattr(value, f.name, None) for f in dataclasses.fields(value)}
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple | AbstractSet):
            return self._items(value, depth)
        return _named(value)

    def _text(self, text: str) -> str:
        room = max(0, self._left)
        head = redact(text[: room + _LONGEST_SECRET_CHARS])
        if len(text) > room + _LONGEST_SECRET_CHARS:  # a secret may have been cut in two
            head = head[: max(0, len(head) - _LONGEST_SECRET_CHARS)]
        kept = head[:room]
        self._left -= len(kept) + 4
        cut = len(text) - len(kept) if len(head) > room or len(text) > len(head) + 1000 else 0
        kept = kept.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return f"{kept}… ({cut} characters cut)" if cut > 0 else kept

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key in value:
            if len(kept) >= MAX_ITEMS or self._left <= 0:
                kept["…"] = f"({len(value) - len(kept)} more)"
                break
            name = self._text(str(key)[:200])
            is_secret = _SECRET_NAME.search(name) and isinstance(value[key], str)
            kept[name] = MASK if is_secret else self.plain(value[key], depth + 1)
        return kept

    def _items(self, value: Any, depth: int) -> list[Any]:
        kept: list[Any] = []
        for item in value:
            if len(kept) >= MAX_ITEMS or self._left <= 0:
                kept.append(f"… ({len(value) - len(kept)} more)")
                break
            kept.append(self.plain(item, depth + 1))
        return kept


def _named(value: Any) -> str:
    """Name a value by its type, and by its shape if it has one."""
    shape = getattr(value, "shape", None)
    shown = f" {'x'.join(map(str, shape))}" if isinstance(shape, tuple) else ""
    return f"<{type(value).__name__}{shown}>"
