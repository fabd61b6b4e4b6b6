"""Which file an SQLite database is: another one after it was replaced, under the same name.

A database that is restored or deployed anew comes as a new file in the old one's place, while
connections that are open go on with the old one, which nobody else sees any more. So before a
connection is used again its file is compared with the one that has the name now.
"""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

from llmops_magics.errors import StoreError

_FILE = "llmops_file"

FileIdentity = tuple[int, int]  # the device, and the file's number on it


def identify(path: str | os.PathLike[str]) -> FileIdentity:
    """Return the identity of a database file; raises ``StoreError`` if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116  (a Path costs more than the look, at every glance)
    except OSError as error:
        raise StoreError(
            f"there is no store {path}: {error.strerror}.",
            hint="Check LLMOPS_STORE, or the folder with llmops.toml.",
        ) from error
    return status.st_dev, status.st_ino


def follow(engine: Engine, path: str) -> None:
    """Let an engine drop each connection whose file was replaced, and open the new one.

    Where there is no file any more it connects to nothing: SQLite would make an empty one.
    """

    def note(_dialect: Any, record: Any, _arguments: Any, _options: Any) -> None:
        record.info[_FILE] = identify(path)  # before it is opened: one too old is only opened again

    def compare(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get(_FILE) != identify(path):
            raise DisconnectionError(f"{path} was replaced")

    event.listen(engine, "do_connect", note)
    event.listen(engine, "checkout", compare)
