"""A scorer with parameters, written as text: ``length(max_words=50),numeric(rel=0.05)``.

Only literals are read (numbers, texts, true, false, none, lists), nothing is ever evaluated. A
bare word is a text, since the quotes in a magic's line do not arrive: ``numeric(which=any)``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from llmops_magics.errors import ScorerError

MAX_CHARS = 10_000
MAX_DEPTH = 10
NAME = re.compile(r"[A-Za-z_][\w.-]*")
BARE = re.compile(r"[\w/$@][\w./$@\[\]*-]*")
CONSTANTS = {"true": True, "false": False, "none": None, "True": True, "False": False, "None": None}
OPENING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A scorer's name and the parameters that were written after it."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


def split_scorers(text: str) -> list[str]:
    """Split a list of scorers at its commas; those within brackets or quotes do not split.

    Blank items are dropped. Raises ``ScorerError`` for brackets or quotes that do not match.
    """
    if len(text) > MAX_CHARS:
        raise ScorerError(f"The list of scorers is longer than {MAX_CHARS} characters.")
    return [piece for piece in _split(text) if piece]


def parse_spec(text: str) -> Spec:
    """Read ``name`` or ``name(parameter=value, ...)``; raises ``ScorerError``."""
    text = text.strip()
    name, bracket, rest = text.partition("(")
    name = name.strip()
    if not bracket:
        return Spec(name=text)
    if not NAME.fullmatch(name) or not rest.endswith(")") or len(split_scorers(text)) != 1:
        raise _unreadable(text)
    arguments: dict[str, Any] = {}
    for piece in split_scorers(rest[:-1]):
        parameter, equals, value = piece.partition("=")
        parameter = parameter.strip()
        if not equals or not parameter.isidentifier():
            raise _unreadable(text)
        if parameter in arguments:
            raise ScorerError(f"The parameter {parameter} of {name} is given twice.")
        arguments[parameter] = _value(value.strip(), text)
    return Spec(name=name, arguments=arguments)


def _split(text: str) -> Iterator[str]:
    """Yield the stripped pieces between the commas of the outermost level."""
    closing: list[str] = []
    quote, start, is_escaped = "", 0, False
    for position, char in enumerate(text):
        if quote:
            quote = "" if char == quote and not is_escaped else quote
            is_escaped = char == "\\" and not is_escaped
        elif char in "'\"":
            quote = char
        elif char in OPENING:
            closing.append(OPENING[char])
        elif char in OPENING.values():
            if not closing or closing.pop() != char:
                raise _unreadable(text)
        elif char == "," and not closing:
            yield text[start:position].strip()
            start = position + 1
    if quote or closing:
        raise _unreadable(text)
    yield text[start:].strip()


def _value(text: str, whole: str, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise _unreadable(whole)
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text.startswith("[") and text.endswith("]"):
        return [_value(item, whole, depth + 1) for item in split_scorers(text[1:-1])]
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        if BARE.fullmatch(text):
            return text
        raise _unreadable(whole) from error
    if not isinstance(value, str | int | float):
        raise _unreadable(whole)
    return value


def _unreadable(text: str) -> ScorerError:
    return ScorerError(
        f"{text[:120]!r} cannot be read as a scorer with parameters.",
        hint="Write name(parameter=value, other=value), as in length(max_words=50).",
    )
