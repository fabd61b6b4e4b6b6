"""The texts of files and folders: what is read, what is passed over, and what could not be read.

Links are not followed, folders of tools (``.git``, ``.venv``) are left out, and sizes and counts
are bounded; what was left out for that is said and counts as not looked at.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from llmops_magics.guard.detector import Boundary
from llmops_magics.guard.survey.notebook import read_notebook
from llmops_magics.guard.survey.piece import Piece, Unread

MAX_FILE_BYTES = 20_000_000
MAX_TOTAL_BYTES = 200_000_000
MAX_FILES = 20_000
LEFT_OUT = frozenset(
    {".git", ".hg", ".svn", ".llmops", ".venv", "venv", "node_modules", "__pycache__", ".tox"}
    | {".mypy_cache", ".ruff_cache", ".pytest_cache", ".eggs"}
)
# What people read, and so what retrieval may bring to a model; anything else is a program's.
DOCUMENTS = frozenset(
    {".md", ".txt", ".rst", ".html", ".htm", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".eml"}
)
NOTEBOOK = ".ipynb"
_SNIFFED_BYTES = 8_000


def read_path(path: Path, root: Path | None = None) -> tuple[list[Piece], list[Unread]]:
    """Return the texts of a file, a notebook or a folder; names are relative to ``root``.

    A notebook that is named itself and is none is a failure; in a folder it is passed over as one.
    What is text of it is read either way.
    """
    pieces: list[Piece] = []
    unread: list[Unread] = []
    room = MAX_TOTAL_BYTES
    must_read = path.suffix == NOTEBOOK and not path.is_dir()
    for number, file in enumerate(_files(path, root, unread)):
        name = _name(file, root)
        if number >= MAX_FILES or room <= 0:
            limit = f"{MAX_FILES:,} files" if room > 0 else f"{MAX_TOTAL_BYTES // 10**6} MB"
            unread.append(Unread(name=name, reason=f"a scan ends after {limit}"))
            break
        content = _content(file, name, unread, must_read=must_read)
        if content is not None:
            room -= len(content)
            more, rest = _texts(content, name, must_read=must_read)
            pieces += more
            unread += rest
    return pieces, unread


def _files(path: Path, root: Path | None, unread: list[Unread]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def note(error: OSError) -> None:
        unread.append(Unread(name=str(error.filename), reason=error.strerror or "cannot be read"))

    for folder, folders, files in os.walk(path, onerror=note):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        links = {name for name in (*folders, *files) if Path(folder, name).is_symlink()}
        for name in sorted(links):
            place = _name(Path(folder, name), root)
            unread.append(Unread(name=place, reason="a link", is_failure=False))
        yield from (Path(folder, name) for name in sorted(files) if name not in links)


def _content(file: Path, name: str, unread: list[Unread], *, must_read: bool) -> bytes | None:
    """Return a file's bytes, None (and why) for what is no text or cannot be read."""
    try:
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                unread.append(Unread(name=name, reason="no regular file", is_failure=must_read))
                return None
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        unread.append(Unread(name=name, reason=error.strerror or "cannot be read"))
        return None
    if len(content) > MAX_FILE_BYTES:
        unread.append(Unread(name=name, reason=f"over {MAX_FILE_BYTES // 10**6} MB"))
        return None
    if b"\0" in content[:_SNIFFED_BYTES] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        unread.append(Unread(name=name, reason="binary", is_failure=must_read))
        return None
    return content


def _texts(content: bytes, name: str, *, must_read: bool) -> tuple[list[Piece], list[Unread]]:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content.decode("utf-16" if wide else "utf-8-sig", "replace")
    if name.endswith(NOTEBOOK):
        try:
            return read_notebook(text, name)
        except ValueError as error:  # it is read as the text it is
            line = str(error).splitlines()[0]
            return [_piece(text, name)], [
                Unread(
                    name=name,
                    reason=f"no notebook, its plain text was scanned: {line}",
                    is_failure=must_read,
                )
            ]
    return ([_piece(text, name)] if text.strip() else []), []


def _piece(text: str, name: str) -> Piece:
    boundary: Boundary = "retrieval" if Path(name).suffix.lower() in DOCUMENTS else "input"
    return Piece(name=name, text=text, boundary=boundary, file=name, has_lines=True)


def _name(file: Path, root: Path | None) -> str:
    resolved = Path(os.path.abspath(file))  # noqa: PTH100 -- a link must not be followed
    if root is not None and resolved.is_relative_to(root):
        return resolved.relative_to(root).as_posix()
    return file.as_posix()
