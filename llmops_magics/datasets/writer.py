"""Cases to files, one writer an ending: what is read back has the same digest.

A file is replaced whole or not at all, and a symbolic link is never written through.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from llmops_magics.config.home import expanded
from llmops_magics.datasets.case import Case, row_from_case
from llmops_magics.datasets.column import ABSENT, Encoded, encode_text, encode_typed
from llmops_magics.errors import DatasetError
from llmops_magics.storage.artifact import write_atomically


def write(cases: Sequence[Case], path: Path, *, overwrite: bool = False) -> int:
    """Write cases to a file by its ending; return its size in bytes.

    Raises ``DatasetError`` for an unknown ending, a place that is a folder or a symbolic link, and
    a file that is there already without ``overwrite``.
    """
    path = expanded(path, DatasetError)
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise DatasetError(
            f"{path.name!r} has the ending {path.suffix or 'none'!r}, which no dataset is written "
            "with.",
            hint=f"Known endings: {', '.join(WRITERS)}.",
        )
    _refuse_taken(path, overwrite=overwrite)
    content = writer(cases)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as error:
        raise DatasetError(f"Cannot write {path}: {error.strerror or error}.") from error
    return len(content)


def to_csv(cases: Sequence[Case]) -> bytes:
    """Return the cases as comma-separated values in UTF-8, safe to open in a spreadsheet."""
    columns = [encode_text(name, values) for name, values in _columns(cases).items()]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(column.header for column in columns)
    writer.writerows(zip(*(column.cells for column in columns), strict=True))
    return stream.getvalue().encode()


def to_jsonl(cases: Sequence[Case]) -> bytes:
    """Return one JSON object a line."""
    return b"".join(_line(case) + b"\n" for case in cases)


def to_json(cases: Sequence[Case]) -> bytes:
    """Return a JSON list of objects, one a line."""
    return b"[\n" + b",\n".join(map(_line, cases)) + b"\n]\n"


def to_parquet(cases: Sequence[Case]) -> bytes:
    """Return a Parquet file."""
    import pyarrow as pa
    from pyarrow import parquet

    columns: list[Encoded] = [encode_typed(n, values) for n, values in _columns(cases).items()]
    table = pa.table({column.header: column.cells for column in columns})
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _columns(cases: Sequence[Case]) -> dict[str, list[Any]]:
    """Return the values of every column, ``id`` first; what no case has is left out."""
    rows = [row_from_case(case) for case in cases]
    inputs = dict.fromkeys(name for case in cases for name in case.inputs)
    names = ["id", *sorted(inputs)]
    names += [name for name in ("expected", "tags", "metadata") if any(name in r for r in rows)]
    missing = {"expected": None}
    return {name: [row.get(name, missing.get(name, ABSENT)) for row in rows] for name in names}


def _line(case: Case) -> bytes:
    return json.dumps(row_from_case(case), ensure_ascii=False, allow_nan=False).encode()


def _refuse_taken(path: Path, *, overwrite: bool) -> None:
    if path.is_symlink():
        raise DatasetError(
            f"{path} is a symbolic link; nothing was written.", hint="Name the file itself."
        )
    if path.is_dir():
        raise DatasetError(f"{path} is a folder.", hint="Name a file, such as cases.jsonl.")
    if path.exists() and not overwrite:
        raise DatasetError(
            f"{path} is there already.", hint="Say --overwrite, or choose another name."
        )


WRITERS: dict[str, Callable[[Sequence[Case]], bytes]] = {
    ".csv": to_csv,
    ".jsonl": to_jsonl,
    ".ndjson": to_jsonl,
    ".json": to_json,
    ".parquet": to_parquet,
    ".pq": to_parquet,
}
