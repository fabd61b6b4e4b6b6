"""A dossier's files as bytes: of a folder that may have been copied, changed or made by anybody."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path
from typing import Final

from llmops_magics.errors import DossierError

ENCODED: Final = ".b64"  # a copy in a remote archive holds text alone: what is none is base64
MAX_FILE_BYTES: Final = 1024 * 1024 * 1024


def names_in(folder: Path) -> set[str]:
    """Return the names of what is in a dossier; ``DossierError`` where it cannot be looked at."""
    try:
        return {entry.name for entry in folder.iterdir()}
    except OSError as error:
        raise DossierError(
            f"{folder} is no dossier: {error.strerror}.",
            hint="Name the folder that holds gate.json; `llmops dossier list` has those there are.",
        ) from error


def read_file(folder: Path, name: str) -> bytes | None:
    """Return a file's content, None where there is no such regular file (a link is none).

    Raises ``OSError`` where it cannot be read, ``DossierError`` for one of more than a gigabyte.
    """
    content = _regular(folder / name)
    if content is not None:
        return content
    encoded = _regular(folder / f"{name}{ENCODED}")
    return None if encoded is None else _decoded(encoded)


def is_plain(name: str) -> bool:
    """Tell the name of a file in the folder from a path that leads out of it."""
    return bool(name) and name not in (".", "..") and not set(name) & set("/\\\0:")


def _regular(path: Path) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if isinstance(error, FileNotFoundError) or path.is_symlink():
            return None
        raise
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        content = stream.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise DossierError(f"{path.name} has more than {MAX_FILE_BYTES >> 20} MB.")
    return content


def _decoded(encoded: bytes) -> bytes | None:
    """Return what one line of base64 says; None for what is not exactly that."""
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if base64.b64encode(content) == encoded else None
