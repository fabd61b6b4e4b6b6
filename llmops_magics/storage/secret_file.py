"""Files that hold a key: made whole, once, and readable by their owner alone.

Whoever makes one at the same moment as others gets the file of whoever was first; nobody ever
reads half of one, and none takes the place of another.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from llmops_magics.storage.private import FILE_MODE, private_folder


def make_secret_file(path: Path, content: bytes) -> None:
    """Write a new file whole, unless somebody was quicker; raises ``OSError``."""
    private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if os.name == "nt":
            _rename_new(draft, path)
        else:
            _link_new(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def others_may_read(path: Path) -> bool:
    """Tell whether somebody but the owner may use a file; on Windows nobody can say."""
    return os.name != "nt" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _link_new(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        _write_new(draft, path)


def _rename_new(draft: Path, path: Path) -> None:
    with suppress(FileExistsError):
        draft.rename(path)  # on Windows it never takes another one's place


def _write_new(draft: Path, path: Path) -> None:
    """Write where nobody else has: who reads before it is whole gets an error, not a key."""
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(draft.read_bytes())
