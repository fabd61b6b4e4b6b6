"""The files of a folder, in one order everywhere; no link is followed, nothing hidden is read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

HIDDEN = "hidden"
LINK = "a symbolic link"
SPECIAL = "not a regular file"

Skip = Callable[[str, str], None]


def walk(root: Path, skip: Skip) -> Iterator[tuple[Path, str]]:
    """Yield each file below a folder with its path from there, sorted by that path's parts.

    ``skip(reason, path)`` is told what is passed over. A link is never followed: what it leads to
    inside the folder is read under its own name, what is outside is not of this corpus.
    """
    stack = [("", root)]
    while stack:
        place, folder = stack.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            skip(f"unreadable: {error.strerror}", place or folder.name)
            continue
        below = []
        for entry in entries:
            name = f"{place}{entry.name}"
            if entry.name.startswith("."):
                skip(HIDDEN, name)
            elif entry.is_symlink():
                skip(LINK, name)
            elif entry.is_dir(follow_symlinks=False):
                below.append((f"{name}/", folder / entry.name))
            elif entry.is_file(follow_symlinks=False):
                yield folder / entry.name, name
            else:
                skip(SPECIAL, name)
        stack += reversed(below)
