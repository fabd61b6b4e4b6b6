"""What one row says of a document: each field checked, and named with its row if it is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from llmops_magics.errors import RetrievalError
from llmops_magics.record import to_jsonable
from llmops_magics.retrieval.access import PUBLIC

MAX_ID_CHARS = 1_000  # a path may be one
MAX_GROUP_CHARS = 200
_OWN = ("id", "title", "text", "source", "updated_at", "groups", "metadata")


def fields_of(where: str, row: Any, *, groups: tuple[str, ...] = (PUBLIC,)) -> dict[str, Any]:
    """Return the fields of the document that a row is; what is no field of one is metadata.

    ``groups`` are those of a row that has no such field. A row whose field is empty, or null, is
    in none: nobody may read it. Raises ``RetrievalError``.
    """
    if not isinstance(row, Mapping):
        raise RetrievalError(f"{where}: a document is a mapping, not a {type(row).__name__}.")
    values = {str(k): v for k, v in row.items() if v is not None and not _is_groups(k)}
    return {
        "id": _id(where, values.get("id")),
        "title": _string(where, "title", values.get("title", "")),
        "text": _text(where, values.get("text")),
        "source": _string(where, "source", values.get("source", "")),
        "updated_at": _time(where, values.get("updated_at")),
        "groups": _groups(where, row, groups),
        "metadata": _metadata(where, values),
    }


def _groups(where: str, row: Mapping[Any, Any], without: tuple[str, ...]) -> tuple[str, ...]:
    """Read ``groups`` however it is cased: a slip must not make a document everybody's."""
    named = [key for key in row if _is_groups(key)]
    if len(named) > 1:
        raise RetrievalError(f"{where}: `groups` is there {len(named)} times.")
    return check_groups(row[named[0]], where) if named else without


def _is_groups(key: Any) -> bool:
    return str(key).strip().casefold() == "groups"


def check_groups(value: Any, where: str = "groups") -> tuple[str, ...]:
    """Return the names of groups, sorted; none for nothing. Raises ``RetrievalError``."""
    value = value.tolist() if hasattr(value, "tolist") else value  # an array in a table's cell
    if value is None:
        return ()
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, Iterable) or isinstance(names, Mapping | bytes):
        raise RetrievalError(
            f"{where}: `groups` is a {type(value).__name__}, not a list of names.",
            hint='Write ["hr", "legal"].',
        )
    found = [name.strip() if isinstance(name, str) else name for name in names]
    for name in found:
        if not isinstance(name, str) or not name.isprintable() or len(name) > MAX_GROUP_CHARS:
            raise RetrievalError(f"{where}: {name!r:.60} cannot be the name of a group.")
    return tuple(sorted({name for name in found if name}))


def _id(where: str, value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas makes floats of integers beside a missing one
    text = "" if value is None or isinstance(value, bool | float) else str(value).strip()
    if not text or len(text) > MAX_ID_CHARS or not text.isprintable():
        raise RetrievalError(
            f"{where}: {value!r:.60} cannot be the id of a document.",
            hint=f"Give a field `id` of 1 to {MAX_ID_CHARS:,} printable characters.",
        )
    return text


def _text(where: str, value: Any) -> str:
    text = _string(where, "text", "" if value is None else value)
    if not text or text.isspace():
        raise RetrievalError(f"{where}: the document has no text.", hint="Give a field `text`.")
    return text


def _string(where: str, name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise RetrievalError(f"{where}: `{name}` is a {type(value).__name__}, not a text.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise RetrievalError(f"{where}: `{name}` holds half a character.") from error
    return value


def _time(where: str, value: Any) -> datetime | None:
    """Read a time; one without a zone is in UTC."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else value
        if read is None:
            return None
        if isinstance(read, date) and not isinstance(read, datetime):
            read = datetime.combine(read, time())
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, AttributeError, TypeError) as error:
        raise RetrievalError(
            f"{where}: `updated_at` is {value!r:.60}, which is no time.",
            hint="Write 2026-11-23 or 2026-11-23T10:00:00Z.",
        ) from error


def _metadata(where: str, values: Mapping[str, Any]) -> dict[str, Any]:
    given = values.get("metadata", {})
    if not isinstance(given, Mapping):
        raise RetrievalError(f"{where}: `metadata` is a {type(given).__name__}, not a mapping.")
    metadata = {**given, **{key: value for key, value in values.items() if key not in _OWN}}
    if not metadata:
        return {}
    try:
        plain = {str(key): _json_value(value) for key, value in metadata.items()}
        json.dumps(plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise RetrievalError(
            f"{where}: the metadata cannot be stored as JSON ({error}).",
            hint="Keep texts, numbers, lists and mappings.",
        ) from error
    return plain


def _json_value(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else to_jsonable(value)
