"""Who holds part of a budget: a process, named so that another can tell whether it still lives."""

from __future__ import annotations

import contextlib
import os
import socket
from functools import lru_cache
from pathlib import Path


def current_owner() -> str:
    """Return ``machine|process id|start``; a fork has a name of its own."""
    return _owner(os.getpid())


def is_gone(owner: str) -> bool:
    """Tell whether an owner has ended for certain: of another machine nobody can say so here."""
    import psutil

    machine, _, rest = owner.rpartition("|")[0].rpartition("|")
    started = owner.rpartition("|")[2]
    if machine != _machine() or not rest.isdecimal():
        return False
    try:
        return f"{psutil.Process(int(rest)).create_time():.2f}" != started
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


@lru_cache(maxsize=4)
def _owner(process: int) -> str:
    import psutil

    started = psutil.Process(process).create_time()
    return f"{_machine()}|{process}|{started:.2f}"


@lru_cache(maxsize=1)
def _machine() -> str:
    """Name the machine, and on Linux the container: process ids mean something only in there."""
    space = ""
    with contextlib.suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    return f"{socket.gethostname()[:100]} {space}".strip()
