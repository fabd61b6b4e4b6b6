"""The workspaces that this process has opened, each once."""

from __future__ import annotations

import os
from pathlib import Path

from llmops_magics.config.location import find_root
from llmops_magics.workspace.workspace import Workspace

_CURRENT: dict[tuple[Path, int], Workspace] = {}


def current_workspace(start: Path | None = None) -> Workspace:
    """Return the workspace of a folder (the current one), opened once a process."""
    key = (find_root(start or Path.cwd()), os.getpid())
    if key not in _CURRENT:
        _CURRENT[key] = Workspace(key[0])
    return _CURRENT[key]


def opened_workspaces() -> tuple[Workspace, ...]:
    """Return the workspaces that this process has opened."""
    return tuple(each for (_, process), each in _CURRENT.items() if process == os.getpid())
