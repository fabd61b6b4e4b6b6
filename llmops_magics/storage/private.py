"""Files and folders that their owner alone may read, from their first byte on.

What a workspace keeps is prompts, answers, spans and decisions. Whatever the umask is, a file that
is made here has mode 0600 and a folder 0700, its parents too where they are new. What was there
already stays as it is: somebody may share it on purpose.
"""

from __future__ import annotations

import os
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def private_folder(folder: Path) -> None:
    """Make a folder and what is missing above it; raises ``OSError``."""
    for each in [*reversed(folder.parents), folder]:
        if not each.is_dir():
            each.mkdir(mode=FOLDER_MODE, exist_ok=True)


def private_file(path: Path) -> None:
    """Make an empty file where there is none; raises ``OSError``."""
    path.touch(mode=FILE_MODE)


def private_opener(path: str, flags: int) -> int:
    """Open a file for ``open(..., opener=private_opener)``; a new one is the owner's alone."""
    return os.open(path, flags, FILE_MODE)
