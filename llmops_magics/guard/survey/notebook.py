"""Every text of a notebook, wherever in the file it stands.

A notebook is read as the JSON it is: sources, outputs of every MIME type, tracebacks, metadata,
attachments and papermill's parameters, the names in them too, and what pictures carry beside their
pixels. Size and depth are bounded; what lies beyond is said, never passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from llmops_magics.guard.detector import Boundary
from llmops_magics.guard.survey.image_text import decoded, text_beside
from llmops_magics.guard.survey.piece import Piece, Unread

MAX_DEPTH = 60
MAX_CELLS = 20_000
_ANSI = re.compile(r"\x1b\[[0-9;:]{0,40}[A-Za-z]")
_ANSWERS = frozenset({"text/plain", "text/markdown"})  # where a model's words are shown
_BINARY = ("image/", "audio/", "video/", "application/pdf", "application/octet-stream")
_CELL_PARTS = frozenset({"source", "outputs", "metadata", "attachments"})


def read_notebook(content: str, file: str = "") -> tuple[list[Piece], list[Unread]]:
    """Return the texts of a notebook, and what could not be read of it.

    Raises ``ValueError`` for what is no notebook.
    """
    try:
        notebook = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise ValueError("it has no cells")  # noqa: TRY004 -- the file is wrong, no argument
    return pieces_of(notebook, file)


def pieces_of(notebook: Any, file: str = "") -> tuple[list[Piece], list[Unread]]:
    """Return the texts of a notebook that was read as JSON, and what lies too deep in it."""
    reader = _Reader(file)
    rest = {name: value for name, value in notebook.items() if name != "cells"}
    reader.add("notebook metadata", leaves(rest, reader.too_deep("notebook metadata")))
    for number, cell in enumerate(notebook["cells"][:MAX_CELLS], start=1):
        reader.cell(f"cell {number}", cell)
    if len(notebook["cells"]) > MAX_CELLS:
        reader.unread.append(Unread(name=file, reason=f"only {MAX_CELLS:,} cells were read"))
    return reader.pieces, reader.unread


def plain_lines(lines: Any) -> str:
    """Return a source, stream or traceback as one text, without the terminal's colours."""
    joined = "".join(map(str, lines)) if isinstance(lines, list) else str(lines)
    return _ANSI.sub("", joined)


def leaves(value: Any, too_deep: list[str], depth: int = 0) -> str:
    """Return every text and key in a JSON value, one a line; a value that lies too deep is noted.

    One by one, as JSON's escapes would glue the end of a line to the word behind it.
    """
    return "\n".join(_leaves(value, too_deep, depth))


def _leaves(value: Any, too_deep: list[str], depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        too_deep.append("")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            below = list(_leaves(each, too_deep, depth + 1))
            # "password: x" on one line: what a value is may be told by its name alone
            yield f"{key}: {below[0]}" if below and not isinstance(each, Mapping) else str(key)
            yield from below if isinstance(each, Mapping) else below[1:]
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each, too_deep, depth + 1)
    elif isinstance(value, str):
        yield value
    elif value is not None and not isinstance(value, bool):
        yield str(value)


class _Reader:
    """Collects the texts of one notebook."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.pieces: list[Piece] = []
        self.unread: list[Unread] = []

    def add(self, name: str, text: str, boundary: Boundary = "input") -> None:
        """Add a text, unless there is none."""
        if text.strip():
            self.pieces.append(Piece(name=name, text=text, boundary=boundary, file=self._file))

    def too_deep(self, name: str) -> list[str]:
        """Return a list; whatever is put into it says that a value there lies too deep."""
        reader = self

        class _Noted(list[str]):
            def append(self, _: str) -> None:
                reason = f"{name} is nested deeper than {MAX_DEPTH} levels"
                unread = Unread(name=reader._file or name, reason=reason)
                if unread not in reader.unread:
                    reader.unread.append(unread)

        return _Noted()

    def cell(self, name: str, cell: Any) -> None:
        """Add the texts of a cell."""
        if not isinstance(cell, dict):
            return self.add(name, leaves(cell, self.too_deep(name)))
        self.add(f"{name}, source", plain_lines(cell.get("source", "")))
        others = {key: value for key, value in cell.items() if key not in _CELL_PARTS}
        others.pop("cell_type", None)
        place = f"{name}, metadata"
        self.add(place, leaves([cell.get("metadata"), others], self.too_deep(place)))
        for file, bundle in _items(cell.get("attachments")):
            self.bundle(f"{name}, attachment {file}", bundle)
        for number, output in enumerate(cell.get("outputs") or (), start=1):
            self.output(f"{name}, output {number}", output)
        return None

    def output(self, name: str, output: Any) -> None:
        """Add the texts of one output."""
        if not isinstance(output, dict):
            return self.add(name, leaves(output, self.too_deep(name)))
        if "text" in output:
            self.add(f"{name}, {output.get('name', 'text')}", plain_lines(output["text"]), "output")
        if "traceback" in output or "evalue" in output:
            head = f"{output.get('ename', '')}: {output.get('evalue', '')}"
            trace = output.get("traceback") or []
            lines = trace if isinstance(trace, list) else [trace]
            self.add(f"{name}, error", plain_lines("\n".join([head, *map(str, lines)])))
        self.bundle(name, output.get("data"))
        known = {"text", "traceback", "evalue", "ename", "data", "output_type", "name"}
        others = {k: v for k, v in output.items() if k not in known and v}
        self.add(f"{name}, metadata", leaves(others, self.too_deep(name)))
        return None

    def bundle(self, name: str, bundle: Any) -> None:
        """Add what one output or attachment holds, by MIME type."""
        for mime, value in _items(bundle):
            place = f"{name}, {mime}"
            if isinstance(value, str | list) and mime.startswith(_BINARY) and "svg" not in mime:
                self.add(place, _beside(plain_lines(value)))
            elif isinstance(value, str | list) and not mime.endswith("json"):
                boundary: Boundary = "output" if mime in _ANSWERS else "input"
                self.add(place, plain_lines(value), boundary)
            else:
                self.add(place, leaves(value, self.too_deep(place)))


def _beside(encoded: str) -> str:
    content = decoded(encoded)
    return encoded if content is None else text_beside(content)


def _items(value: Any) -> list[tuple[str, Any]]:
    return [(str(k), v) for k, v in value.items()] if isinstance(value, Mapping) else []
