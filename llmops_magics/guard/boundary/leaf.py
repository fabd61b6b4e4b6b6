"""The texts inside a JSON-like value, and the same value with other texts in their places.

Keys are read too: whoever writes a value writes them as well. A number long enough to be one of
something (a card, an account) is read as its digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from llmops_magics.errors import UsageError
from llmops_magics.record import to_jsonable
from llmops_magics.redaction import redact

MOST_LEAVES: Final = 10_000
MAX_DEPTH: Final = 50
_LONG_NUMBER: Final = 7  # digits
_PLAIN: Final = (str, bool, int, float)


class Leaf(NamedTuple):
    """A text with its path, such as ``to[0].name``; ``is_key`` for the name of a member."""

    path: str
    text: str
    is_key: bool = False


def leaves(value: Any) -> list[Leaf]:
    """Return every text of a value, in order. Raises ``UsageError`` for more than can be read."""
    found: list[Leaf] = []
    for leaf in _walk(value, "", 0):
        if len(found) >= MOST_LEAVES:
            raise UsageError(f"a value with more than {MOST_LEAVES} texts is not checked.")
        found.append(leaf)
    return found


def with_texts(value: Any, texts: Iterator[str]) -> Any:
    """Return a value with its texts replaced, in the order of ``leaves``; others stay as they are.

    A number stays one unless its digits were replaced.
    """
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, Mapping):
        return {_key(key, texts): with_texts(each, texts) for key, each in value.items()}
    if isinstance(value, list | tuple):
        made = [with_texts(each, texts) for each in value]
        if isinstance(value, list):
            return made
        return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
    digits = _digits(value)
    if digits is None:
        return value
    text = next(texts)
    return value if text == digits else text


def is_readable(value: Any) -> bool:
    """Tell whether every part of a value is read: no object stands in it that may hold text."""
    if isinstance(value, Mapping):
        keys = all(key is None or isinstance(key, _PLAIN) for key in value)
        return keys and all(map(is_readable, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_readable, value))
    return value is None or isinstance(value, _PLAIN)


def readable(value: Any) -> Any:
    """Return what can be read of any value: all of a table, an array, bytes; else its words."""
    try:
        return _readable(value)
    except (TypeError, ValueError, RecursionError):
        return str(value)


def _readable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _readable(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_readable(each) for each in value]
    if isinstance(value, bytes | bytearray | memoryview):
        # Without the zeros, so that UTF-16 reads as well.
        return bytes(value).decode("utf-8", "replace").replace("\0", "")
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return _readable(value.to_dict("split"))  # of a table, whose words are cut
    if hasattr(value, "tolist"):
        return _readable(value.tolist())
    read = to_jsonable(value)
    return read if is_readable(read) else str(value)


def _walk(value: Any, path: str, depth: int) -> Iterator[Leaf]:
    if depth > MAX_DEPTH:
        raise UsageError(f"a value that is nested deeper than {MAX_DEPTH} is not checked.")
    if isinstance(value, str):
        yield Leaf(path, value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if isinstance(key, str):
                yield Leaf(path, key, is_key=True)
            yield from _walk(each, f"{path}.{redact(str(key)[:1_000])[:50]}".lstrip("."), depth + 1)
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _walk(each, f"{path}[{number}]", depth + 1)
    elif (digits := _digits(value)) is not None:
        yield Leaf(path, digits)


def _key(key: Any, texts: Iterator[str]) -> Any:
    return next(texts) if isinstance(key, str) else key


def _digits(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    text = str(value)
    return text if len(text) >= _LONG_NUMBER else None
