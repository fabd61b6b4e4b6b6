"""Paths as people write them: ``~`` stands for a home folder, of which not every name has one."""

from __future__ import annotations

import os
from pathlib import Path

from llmops_magics.errors import LlmopsError, UsageError


def expanded(written: str | Path, error: type[LlmopsError] = UsageError) -> Path:
    """Return a path with the home folder for ``~`` or ``~ann``; a file of that very name wins.

    Raises ``error`` where nobody is called so.
    """
    path = Path(written)
    try:
        return path.expanduser()
    except RuntimeError:
        if os.path.lexists(path):
            return path
        raise error(
            f"{path.parts[0][:80]!r} is nobody's home folder.", hint="Write the path without `~`."
        ) from None
