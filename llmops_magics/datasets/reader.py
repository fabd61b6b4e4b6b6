"""Files to rows, one reader an ending; each refuses a file that is not what its ending says."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, NoReturn

from llmops_magics.datasets.column import ABSENT, JSON_MARK, decode_cell, decode_header
from llmops_magics.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
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
MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_ROWS = 1_000_000
_MAX_VALUE_BYTES = 4 * MAX_FILE_BYTES  # of a Parquet file, whose content is compressed
_BATCH_ROWS = 256


def read_csv(path: Path) -> Iterator[Row]:
    """Read comma-separated values with a header line; every value is text, quotes as RFC 4180.

    An empty cell is the empty text, except under ``expected``: there it expects nothing. A column
    whose name ends in ``:json`` or ``:text`` is what ``datasets.column`` says.
    """
    csv.field_size_limit(_MAX_FIELD_CHARS)
    check_text(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            _check_header(path, header)
            columns = _decoded(path, header)
            for values in reader:
                if values:
                    yield _csv_row(path, columns, values, reader.line_num)
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


def _decoded(path: Path, header: list[str]) -> list[tuple[str, str]]:
    columns = [decode_header(name) for name in header]
    seen: set[str] = set()
    for name, mark in columns:
        if name in seen:
            raise DatasetError(f"{path.name} has the column {name!r} twice, once as {name + mark}.")
        seen.add(name)
    return columns


def _csv_row(path: Path, columns: list[tuple[str, str]], values: list[str], line: int) -> Row:
    if len(values) != len(columns):
        raise DatasetError(
            f"{path.name}, line {line}: {len(values)} values for {len(columns)} columns.",
            hint="Put a value that holds a comma in double quotes.",
        )
    row: Row = {}
    for (name, mark), value in zip(columns, values, strict=True):
        if name == "expected" and value == "" and mark != JSON_MARK:
            row[name] = None
        else:
            _decode_into(row, name, mark, value, f"{path.name}, line {line}")
    return row


def _decode_into(row: Row, name: str, mark: str, cell: Any, where: str) -> None:
    if not mark:
        row[name] = cell
        return
    try:
        value = decode_cell(cell, mark)
    except (ValueError, RecursionError, TypeError) as error:
        raise DatasetError(
            f"{where}: the cell under {name + mark!r} is no JSON: {error}.",
            hint="Repair it, or rename the column without its `:json`.",
        ) from error
    if value is not ABSENT:
        row[name] = value


def read_jsonl(path: Path) -> Iterator[Row]:
    """Read one JSON object a line; blank lines are skipped."""
    check_text(path)
    with path.open(encoding="utf-8-sig", newline="\n") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield _object(_parse_json(path, line, number), f"{path.name}, line {number}")


def read_json(path: Path) -> list[Row]:
    """Read a JSON list of objects."""
    check_text(path)
    data = _parse_json(path, path.read_text("utf-8-sig"), 1)
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


def read_parquet(path: Path) -> Iterator[Row]:
    """Read a Parquet file; lists and structs stay what they are.

    It is read in batches and refused once it holds too much, whatever its size on the disk.
    """
    import pyarrow as pa
    from pyarrow import parquet

    refuse_large(path)
    try:
        file = parquet.ParquetFile(path)
        if file.metadata.num_rows > MAX_ROWS:
            raise DatasetError(f"{path.name} has {file.metadata.num_rows:,} rows: too many.")
        yield from _parquet_rows(path, file)
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{path.name} is no Parquet file: {str(error)[:200]}.") from error


def _parquet_rows(path: Path, file: Any) -> Iterator[Row]:
    columns = _decoded(path, file.schema_arrow.names)
    size = count = 0
    for batch in file.iter_batches(batch_size=_BATCH_ROWS):
        size += batch.nbytes
        if size > _MAX_VALUE_BYTES:
            raise DatasetError(f"{path.name} unpacks to over {_MAX_VALUE_BYTES >> 20} MB.")
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            count += 1
            row: Row = {}
            for (name, mark), value in zip(columns, values, strict=True):
                _decode_into(row, name, mark, value, f"{path.name}, row {count}")
            yield row


def refuse_large(path: Path) -> None:
    """Raise ``DatasetError`` for a file that is larger than a dataset may be."""
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise DatasetError(
            f"{path.name} has {size / 1024**2:,.0f} MB; at most {MAX_FILE_BYTES >> 20} are read.",
            hint="Take a sample of it: an eval of that many cases would not end.",
        )


def check_text(path: Path) -> None:
    """Raise ``DatasetError`` for a file that is no UTF-8 text, or too large, reading by lines."""
    refuse_large(path)
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if number == 1:
                _refuse_signature(path, line)
            if b"\0" in line:
                _refuse(path, "a binary file, or text in UTF-16")
            try:
                line.decode()
            except UnicodeDecodeError as error:
                raise DatasetError(
                    f"{path.name} is not UTF-8 text: byte {line[error.start]:#04x} in line "
                    f"{number}.",
                    hint="Save it as UTF-8.",
                ) from error


def _refuse_signature(path: Path, beginning: bytes) -> None:
    for signature, what in _SIGNATURES.items():
        if beginning.startswith(signature):
            _refuse(path, what)


def _refuse(path: Path, what: str) -> NoReturn:
    raise DatasetError(
        f"{path.name} is not what its ending says: it is {what}.",
        hint="Rename it to the ending of its format, or convert it.",
    )


READERS: dict[str, Callable[[Path], Iterable[Row]]] = {
    ".csv": read_csv,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".json": read_json,
    ".parquet": read_parquet,
    ".pq": read_parquet,
}
