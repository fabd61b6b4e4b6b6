"""Reading a mapping of the front matter, where each key has one type and no other key passes."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.limit import MAX_INTEGER_BITS

_MAX_DEPTH = 50


def refuse_unknown(data: Mapping[Any, Any], known: Iterable[str], where: str) -> None:
    """Refuse keys that are not known, with the close ones and the whole list."""
    known = tuple(known)
    unknown = [str(key) for key in data if key not in known]
    if not unknown:
        return
    close = difflib.get_close_matches(unknown[0], known, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    names = ", ".join(map(repr, unknown))
    raise PromptSyntaxError(
        f"Unknown {'key' if len(unknown) == 1 else 'keys'} {names} {where}.{meant}",
        hint=f"Known keys: {', '.join(known)}.",
    )


def read_text(data: Mapping[str, Any], key: str, where: str = "in the front matter") -> str:
    """Return a text, ``""`` where there is none."""
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise PromptSyntaxError(
            f"`{key}` {where} is a {type(value).__name__}, not a text.",
            hint="Put it in quotes.",
        )
    return value


def read_texts(
    data: Mapping[str, Any], key: str, where: str = "in the front matter"
) -> tuple[str, ...]:
    """Return a list of texts, or the one text that stands there."""
    value = data.get(key)
    items = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise PromptSyntaxError(f"`{key}` {where} is no list of texts.")
    return tuple(items)


def read_mapping(
    data: Mapping[str, Any], key: str, where: str = "in the front matter"
) -> dict[str, Any]:
    """Return a mapping with its keys as texts, empty where there is none."""
    value = data.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise PromptSyntaxError(f"`{key}` {where} is no mapping of names to values.")
    return _with_text_keys(value, f"`{key}` {where}")


def _with_text_keys(value: Mapping[Any, Any], what: str) -> dict[str, Any]:
    """Return a mapping with its keys as texts, refusing two that become the same."""
    for key in value:
        if isinstance(key, int):
            _check_integer(key, what)
    texts = {str(key): item for key, item in value.items()}
    if len(texts) < len(value):
        raise PromptSyntaxError(f"{what} has two keys that are the same as texts.")
    return texts


def _check_integer(value: int, what: str) -> None:
    if value.bit_length() > MAX_INTEGER_BITS:
        raise PromptSyntaxError(f"{what} holds a number of over {MAX_INTEGER_BITS:,} bits.")


def plain(value: Any, what: str, *, depth: int = 0) -> Any:
    """Return a value as plain JSON data, or refuse it; ``what`` names it in the error."""
    if depth > _MAX_DEPTH:
        raise PromptSyntaxError(f"{what} is nested more than {_MAX_DEPTH} levels deep.")
    if isinstance(value, int):
        _check_integer(value, what)
    if isinstance(value, str | bool | int | None):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Mapping):
        texts = _with_text_keys(value, what)
        return {key: plain(item, what, depth=depth + 1) for key, item in texts.items()}
    if isinstance(value, list | tuple):
        return [plain(item, what, depth=depth + 1) for item in value]
    raise PromptSyntaxError(
        f"{what} holds no JSON: {str(value)[:60]!r} is a {type(value).__name__}.",
        hint="Put a date or another special value in quotes.",
    )


def whole_numbers(value: Any) -> Any:
    """Return plain data with every float that is a whole number as an int.

    So ``1`` and ``1.0`` are one value, and content that differs in nothing else has one digest.
    """
    if isinstance(value, Mapping):
        return {str(key): whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
