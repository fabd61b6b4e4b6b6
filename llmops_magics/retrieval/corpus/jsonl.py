"""Rows of a JSONL file, one at a time: a file of any size takes the memory of its longest line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from llmops_magics.errors import RetrievalError

_BOM = b"\xef\xbb\xbf"


def rows_of_file(path: Path, *, max_bytes: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield where each row stands, and the row; ``max_bytes`` limits a line, 0 does not.

    Raises ``RetrievalError`` naming the line of what is no UTF-8, no JSON or too long.
    """
    try:
        with path.open("rb") as stream:
            yield from rows(stream, path.name, max_bytes=max_bytes)
    except OSError as error:
        raise RetrievalError(
            f"cannot read {path}: {error.strerror}.", hint="Check the path."
        ) from error


def rows(stream: BinaryIO, name: str, *, max_bytes: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield where each row of an open file stands, and the row."""
    number = 0
    while line := stream.readline(max_bytes + 1 if max_bytes else -1):
        number += 1
        where = f"{name}, line {number}"
        if max_bytes and len(line) > max_bytes:
            raise RetrievalError(
                f"{where} is over {max_bytes // 1_000_000} MB.",
                hint="Split the document, or raise retrieval.max_document_mb in llmops.toml.",
            )
        line = line.removeprefix(_BOM) if number == 1 else line
        if line.strip():
            yield where, _parse(line, where, name)


def _parse(line: bytes, where: str, name: str) -> Any:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise RetrievalError(
            f"{name} is not UTF-8 text ({where}, byte {error.start}).",
            hint="Save it as UTF-8 JSONL.",
        ) from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RetrievalError(
            f"{where}: broken JSON ({error}).",
            hint="A corpus file has one JSON object a line. Nothing was loaded.",
        ) from error
