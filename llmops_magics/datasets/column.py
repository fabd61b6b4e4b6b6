"""How a table of one type a column holds cases of any JSON, and gives the very same back.

A column of a CSV or Parquet file may bear a mark behind its name. ``score:json`` holds JSON, an
empty cell meaning that the case has no such column. ``question:text`` holds text in which a
leading apostrophe stands before what a spreadsheet would take for a formula (``=``, ``+``, ``-``,
``@``, tab or carriage return, OWASP's list). Files that others wrote have no marks, and nothing in
them is changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

JSON_MARK: Final = ":json"
TEXT_MARK: Final = ":text"
ABSENT: Final = object()  # the case has no such column

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


class Encoded(NamedTuple):
    """A column as a file holds it: its header and a cell a case, ABSENT as None."""

    header: str
    cells: list[Any]


def encode_text(name: str, values: Sequence[Any]) -> Encoded:
    """Return a column of text cells; ``None`` under ``expected`` is the empty cell."""
    if not _is_plain(name, values):
        return Encoded(escape(name + JSON_MARK), [_json(value) for value in values])
    texts = ["" if value is None else value for value in values]
    marked = _is_marked(name) or any(map(is_formula, [name, *texts]))
    if not marked:
        return Encoded(name, texts)
    return Encoded(escape(name + TEXT_MARK), list(map(escape, texts)))


def encode_typed(name: str, values: Sequence[Any]) -> Encoded:
    """Return a column of texts, 64-bit integers, floats or booleans as it is, else one of JSON."""
    kinds = {type(value) for value in values}
    one = next(iter(kinds)) if len(kinds) == 1 else None
    is_native = one in (str, bool, float)
    if one is int:
        is_native = all(-(2**63) <= value < 2**63 for value in values)
    if is_native and not _is_marked(name):
        return Encoded(name, list(values))
    return Encoded(
        name + JSON_MARK, [None if value is ABSENT else json_text(value) for value in values]
    )


def decode_header(header: str) -> tuple[str, str]:
    """Return a column's name and its mark, empty if it has none."""
    for mark in (JSON_MARK, TEXT_MARK):
        if header.endswith(mark) and len(header) > len(mark):
            return unescape(header.removesuffix(mark)), mark
    return header, ""


def decode_cell(cell: Any, mark: str) -> Any:
    """Return the value of a marked cell, ABSENT for none; raises ``ValueError`` for no JSON."""
    if mark == TEXT_MARK:
        return unescape(cell)
    if cell is None or cell == "":
        return ABSENT
    return json.loads(cell)


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet could run a cell, or whether it was made safe before."""
    return _FORMULA.match(text) is not None


def escape(text: str) -> str:
    """Put an apostrophe before what would be a formula."""
    return f"'{text}" if is_formula(text) else text


def unescape(text: str) -> str:
    """Take away the apostrophe that ``escape`` put."""
    return text[1:] if _ESCAPED.match(text) else text


def json_text(value: Any) -> str:
    """Return a value as JSON, its keys in order."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _json(value: Any) -> str:
    if value is ABSENT:
        return ""
    text = json_text(value)
    return f" {text}" if text[0] == "-" else text  # JSON allows the space; no cell begins with -


def _is_marked(name: str) -> bool:
    return name.endswith((JSON_MARK, TEXT_MARK))


def _is_plain(name: str, values: Sequence[Any]) -> bool:
    if name == "expected":  # a reader takes an empty cell for None there
        return all(value is None or (value != "" and _is_text(value)) for value in values)
    return all(map(_is_text, values))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value
