"""Documents of a corpus: read from a file, rows or a table, checked, and fingerprinted.

Two corpora have one fingerprint if, and only if, they hold the same documents, in any order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from llmops_magics.errors import RetrievalError
from llmops_magics.record import digest, to_jsonable

if TYPE_CHECKING:
    import pandas as pd

MAX_ID_CHARS = 200
_FIELDS = ("id", "title", "text", "metadata")

Source: TypeAlias = "str | Path | Sequence[Mapping[str, Any]] | pd.DataFrame"


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document. ``metadata`` is JSON data and takes no part in retrieval."""

    id: str
    title: str = ""
    text: str
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def embedded_text(self) -> str:
        """What the document's vector is taken of."""
        return f"{self.title}. {self.text}" if self.title else self.text


def load_documents(source: Source) -> tuple[Document, ...]:
    """Read documents from a JSONL file, a list of mappings or a DataFrame.

    ``id`` and ``text`` are required, ``title`` is not; all other fields become metadata. Raises
    ``RetrievalError`` naming the line or row of what is broken, missing or there twice.
    """
    rows = _rows_of_file(Path(source)) if isinstance(source, str | Path) else _rows(source)
    documents = tuple(_document(where, row) for where, row in rows)
    check_documents(documents)
    return documents


def check_documents(documents: Sequence[Document]) -> None:
    """Raise ``RetrievalError`` if there are none, or if two share an id."""
    if not documents:
        raise RetrievalError("the corpus has no documents.", hint="Give at least one.")
    seen: set[str] = set()
    repeated = sorted({d.id for d in documents if d.id in seen or seen.add(d.id)})  # type: ignore[func-returns-value]
    if repeated:
        more = f" and {len(repeated) - 5} more" if len(repeated) > 5 else ""
        raise RetrievalError(
            f"several documents have the same id: {', '.join(repeated[:5])}{more}.",
            hint="Give every document an id of its own.",
        )


def corpus_fingerprint(documents: Iterable[Document]) -> str:
    """Digest of the sorted digests of the documents."""
    return digest(sorted(digest(document) for document in documents))


def _rows_of_file(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RetrievalError(
            f"cannot read {path}: {error.strerror}.", hint="Check the path."
        ) from error
    except UnicodeDecodeError as error:
        raise RetrievalError(
            f"{path.name} is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8 JSONL."
        ) from error
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            where = f"{path.name}, line {number}"
            yield where, _parse(line, where)


def _parse(line: str, where: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RetrievalError(
            f"{where}: broken JSON ({error}).",
            hint="A corpus file has one JSON object a line. Nothing was loaded.",
        ) from error


def _rows(source: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(source, "to_dict") and hasattr(source, "notna"):  # a DataFrame
        source = source.astype(object).where(source.notna(), None).to_dict("records")
    if not isinstance(source, Sequence):
        raise RetrievalError(
            f"documents cannot be read from a {type(source).__name__}.",
            hint="Give the path of a JSONL file, a list of mappings or a DataFrame.",
        )
    for number, row in enumerate(source, 1):
        yield f"row {number}", row


def _document(where: str, row: Any) -> Document:
    if not isinstance(row, Mapping):
        raise RetrievalError(f"{where}: a document is a mapping, not a {type(row).__name__}.")
    values = {str(key): value for key, value in row.items() if value is not None}
    return Document(
        id=_id(where, values.get("id")),
        title=_string(where, "title", values.get("title", "")),
        text=_text(where, values.get("text")),
        metadata=_metadata(where, values),
    )


def _id(where: str, value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas makes floats of integers beside a missing one
    text = "" if value is None or isinstance(value, bool | float) else str(value).strip()
    if not text or len(text) > MAX_ID_CHARS or not text.isprintable():
        raise RetrievalError(
            f"{where}: {value!r:.60} cannot be the id of a document.",
            hint=f"Give a field `id` of 1 to {MAX_ID_CHARS} printable characters.",
        )
    return text


def _text(where: str, value: Any) -> str:
    text = _string(where, "text", "" if value is None else value)
    if not text.strip():
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


def _metadata(where: str, values: Mapping[str, Any]) -> dict[str, Any]:
    given = values.get("metadata", {})
    if not isinstance(given, Mapping):
        raise RetrievalError(f"{where}: `metadata` is a {type(given).__name__}, not a mapping.")
    metadata = {**given, **{key: value for key, value in values.items() if key not in _FIELDS}}
    try:
        plain = {str(key): _json_value(value) for key, value in metadata.items()}
        json.dumps(plain, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise RetrievalError(
            f"{where}: the metadata cannot be stored as JSON ({error}).",
            hint="Keep texts, numbers, lists and mappings.",
        ) from error
    return plain


def _json_value(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else to_jsonable(value)
