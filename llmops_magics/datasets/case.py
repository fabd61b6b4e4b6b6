"""One case of a dataset: what goes into a prompt, and what is expected to come out.

A row becomes a case like this: ``id``, ``expected``, ``tags`` and ``metadata`` are what they say;
``group`` (cases that belong together: one document, one user) becomes ``metadata["group"]``, by
which standard errors are clustered; every other column is an input, and so a variable of the
template. Values are plain JSON data after that, the same whichever file they came from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any
from unicodedata import category, normalize

from llmops_magics.errors import DatasetError

RESERVED = ("id", "expected", "tags", "metadata", "group")
GROUP = "group"
MAX_ID_CHARS = 200
MAX_COLUMNS = 1_000
_MAX_DEPTH = 50
_MAX_INTEGER_BITS = 4_096  # Python reads no integer text of over 4,300 digits


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row. ``expected`` is None where nothing certain is expected."""

    id: str
    inputs: dict[str, Any]
    expected: Any = None
    tags: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)


def case_from_row(row: Mapping[Any, Any], position: int) -> Case:
    """Read a row; ``position`` counts from 1 and makes the id (``case-001``) if there is none.

    Raises ``DatasetError``, naming the row and column, for what cannot be stored as JSON.
    """
    if len(row) > MAX_COLUMNS:
        raise DatasetError(f"Row {position} has {len(row):,} columns; at most {MAX_COLUMNS:,} are.")
    plain = _columns(row, position)
    values = {name: _plain(value, name, position) for name, value in plain.items()}
    return Case(
        id=_id(values.get("id"), position),
        inputs={name: value for name, value in values.items() if name not in RESERVED},
        expected=values.get("expected"),
        tags=_tags(values.get("tags"), position),
        metadata=_with_group(_metadata(values.get("metadata"), position), values, position),
    )


def row_from_case(case: Case) -> dict[str, Any]:
    """Return the row that ``case_from_row`` reads back as the same case."""
    row: dict[str, Any] = {"id": case.id, **case.inputs}
    if case.expected is not None:
        row["expected"] = case.expected
    if case.tags:
        row["tags"] = list(case.tags)
    if case.metadata:
        row["metadata"] = case.metadata
    return row


def _columns(row: Mapping[Any, Any], position: int) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    seen: dict[str, str] = {}
    for raw, value in row.items():
        name = _column(raw, position)
        twin = seen.setdefault(name if name.isascii() else normalize("NFC", name), name)
        if name in plain or twin != name:
            raise DatasetError(
                f"Row {position} has the column {name!r} twice.",
                hint="Names that differ in white space at the ends or in Unicode form are one.",
            )
        plain[name] = value
    return plain


def _column(name: Any, position: int) -> str:
    if not isinstance(name, str) or not name.strip():
        raise DatasetError(
            f"Row {position} has a column named {name!r}; a name must be a text that is not empty.",
            hint="Rename the column, for example with `data.columns = data.columns.map(str)`.",
        )
    text: str = name.strip()
    if not text.isprintable() and any(category(c) in ("Cc", "Cs") for c in text):
        raise DatasetError(
            f"Row {position}: the column name {text[:60]!r} has a control character.",
            hint="Rename the column.",
        )
    return text


def _id(value: Any, position: int) -> str:
    if value is None or value == "":
        return f"case-{position:03d}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas makes floats of integers beside a missing one
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DatasetError(f"Row {position}: the id is a {type(value).__name__}, not a text.")
    text = str(value).strip()
    if not text or len(text) > MAX_ID_CHARS or not text.isprintable():
        raise DatasetError(
            f"Row {position}: {text[:60]!r} cannot be an id.",
            hint=f"An id has 1 to {MAX_ID_CHARS} printable characters.",
        )
    return text


def _tags(value: Any, position: int) -> tuple[str, ...]:
    items = value.replace(";", ",").split(",") if isinstance(value, str) else value or []
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise DatasetError(
            f"Row {position}: `tags` is {value!r:.60}.",
            hint="Give texts, in a list or with commas.",
        )
    return tuple(tag.strip() for tag in items if tag.strip())


def _metadata(value: Any, position: int) -> dict[str, Any]:
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise DatasetError(
            f"Row {position}: `metadata` is a {type(value).__name__}, not a mapping."
        )
    return value


def _with_group(
    metadata: dict[str, Any], values: Mapping[str, Any], position: int
) -> dict[str, Any]:
    group = values.get(GROUP)
    if group is None or group == "":
        return metadata
    if isinstance(group, list | dict):
        raise DatasetError(f"Row {position}: `group` is a {type(group).__name__}, not a text.")
    if metadata.get(GROUP, group) != group:
        raise DatasetError(f"Row {position}: `group` and the group in `metadata` differ.")
    return {**metadata, GROUP: group}


def _plain(value: Any, column: str, position: int, depth: int = 0) -> Any:
    """Return a value as JSON data: NaN and missing become None, times become ISO 8601 text."""
    if depth > _MAX_DEPTH:
        raise DatasetError(f"Row {position}, column {column!r}: nested over {_MAX_DEPTH} levels.")
    if isinstance(value, Mapping):
        return _mapping(value, column, position, depth)
    if isinstance(value, list | tuple):
        return [_plain(v, column, position, depth + 1) for v in value]
    if hasattr(value, "tolist"):  # NumPy's scalars and arrays
        return _plain(value.tolist(), column, position, depth + 1)
    return _scalar(value, column, position)


def _mapping(value: Mapping[Any, Any], column: str, position: int, depth: int) -> dict[str, Any]:
    plain = {
        _text(str(key), column, position): _plain(item, column, position, depth + 1)
        for key, item in value.items()
    }
    if len(plain) != len(value):
        raise DatasetError(f"Row {position}, column {column!r}: two keys are the same text.")
    return plain


def _scalar(value: Any, column: str, position: int) -> Any:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, str):
        return _text(value, column, position)
    if isinstance(value, bool | int):
        if value.bit_length() > _MAX_INTEGER_BITS:
            raise DatasetError(f"Row {position}, column {column!r}: the number is too large.")
        return value
    if isinstance(value, float):
        return _number(value, column, position)
    if isinstance(value, date | time):  # and datetime, and pandas' Timestamp
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise DatasetError(
        f"Row {position}, column {column!r}: a {type(value).__name__} cannot be stored.",
        hint="Turn it into text, numbers, lists or mappings.",
    )


def _text(value: str, column: str, position: int) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise DatasetError(
            f"Row {position}, column {column!r}: the text holds half a character "
            "(a lone surrogate)."
        ) from error
    return str(value)


def _number(value: float, column: str, position: int) -> float | None:
    if math.isinf(value):
        raise DatasetError(f"Row {position}, column {column!r}: {value} is no JSON number.")
    return None if math.isnan(value) else float(value)
