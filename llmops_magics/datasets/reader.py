"""Files to rows, one reader an ending; each refuses a file that is not what its ending says."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, NoReturn

from llmops_magics.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = dict[str, Any]

# How other kinds of files begin, to say what a file is instead of only what it is not.
_SIGNATURES = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\x1f\x8b": "gzip-compressed",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"ARROW1": "an Arrow file",
    b"%PDF": "a PDF",
    b"SQLite format 3": "an SQLite database",
}
_MAX_FIELD_CHARS = 16 * 1024 * 1024


def read_csv(path: Path) -> list[Row]:
    """Read comma-separated values with a header line; every value is text, quotes as RFC 4180.

    An empty cell is the empty text, except under ``expected``: there it expects nothing.
    """
    csv.field_size_limit(_MAX_FIELD_CHARS)
    reader = csv.reader(io.StringIO(_read_text(path), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header)
        return [_csv_row(path, header, values, reader.line_num) for values in reader if values]
    except csv.Error as error:
        raise DatasetError(
            f"{path.name} is no valid CSV in line {reader.line_num}: {error}."
        ) from error


def _check_header(path: Path, header: list[str]) -> None:
    if not any(header):
        raise DatasetError(f"{path.name} is empty: it has no header line.")
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise DatasetError(
            f"{path.name} is not separated by commas: its header is {header[0][:80]!r}.",
            hint="Save it with commas, or load it with pandas and pass the DataFrame.",
        )
    if not all(header):
        raise DatasetError(f"{path.name}: column {header.index('') + 1} of the header has no name.")
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise DatasetError(f"{path.name} has the same column twice: {', '.join(repeated)}.")


def _csv_row(path: Path, header: list[str], values: list[str], line: int) -> Row:
    if len(values) != len(header):
        raise DatasetError(
            f"{path.name}, line {line}: {len(values)} values for {len(header)} columns.",
            hint="Put a value that holds a comma in double quotes.",
        )
    row: Row = dict(zip(header, values, strict=True))
    if row.get("expected") == "":
        row["expected"] = None
    return row


def read_jsonl(path: Path) -> list[Row]:
    """Read one JSON object a line; blank lines are skipped."""
    rows = []
    for number, line in enumerate(_read_text(path).split("\n"), 1):
        if line.strip():
            rows.append(_object(_parse_json(path, line, number), f"{path.name}, line {number}"))
    return rows


def read_json(path: Path) -> list[Row]:
    """Read a JSON list of objects."""
    data = _parse_json(path, _read_text(path), 1)
    if not isinstance(data, list):
        raise DatasetError(
            f"{path.name} holds a {type(data).__name__}, not a list of objects.",
            hint="For one object a line, name it .jsonl.",
        )
    return [_object(item, f"{path.name}, item {n}") for n, item in enumerate(data, 1)]


def _parse_json(path: Path, text: str, first_line: int) -> Any:
    try:
        return json.loads(text, parse_constant=_constant)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise DatasetError(
            f"{path.name} is broken in line {line}, column {error.colno}: {error.msg}.",
            hint="Nothing was loaded. Repair that line.",
        ) from error
    except (RecursionError, ValueError) as error:
        raise DatasetError(f"{path.name}, line {first_line}: {error}.") from error


def _constant(name: str) -> None:
    """Read NaN, which Python's json writes, as missing; refuse infinity."""
    if name != "NaN":
        raise ValueError(f"{name} is no JSON number")


def _object(value: Any, where: str) -> Row:
    if not isinstance(value, dict):
        raise DatasetError(f"{where}: a case is a JSON object, not a {type(value).__name__}.")
    return value


def read_parquet(path: Path) -> list[Row]:
    """Read a Parquet file; lists and structs stay what they are."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{path.name} is no Parquet file: {str(error)[:200]}.") from error
    rows: list[Row] = table.to_pylist()
    return rows


def _read_text(path: Path) -> str:
    content = path.read_bytes()
    for signature, what in _SIGNATURES.items():
        if content.startswith(signature):
            _refuse(path, what)
    if b"\0" in content:
        _refuse(path, "a binary file, or text in UTF-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DatasetError(
            f"{path.name} is not UTF-8 text: byte {content[error.start]:#04x} in line {line}.",
            hint="Save it as UTF-8.",
        ) from error


def _refuse(path: Path, what: str) -> NoReturn:
    raise DatasetError(
        f"{path.name} is not what its ending says: it is {what}.",
        hint="Rename it to the ending of its format, or convert it.",
    )


READERS: dict[str, Callable[[Path], list[Row]]] = {
    ".csv": read_csv,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".json": read_json,
    ".parquet": read_parquet,
    ".pq": read_parquet,
}
