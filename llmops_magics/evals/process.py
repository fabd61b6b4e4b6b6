"""Which process works on a run, so that no other one takes it up while that lives.

A process is known by its machine, number and time of birth: numbers come round again, in a
container after every start.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

BORN_TOLERANCE_S = 2.0  # a clock that is set moves the births it tells


def this_process() -> dict[str, Any]:
    """Return what a run notes of the process that works on it."""
    import psutil

    born_s = psutil.Process().create_time()
    return {"host": socket.gethostname(), "pid": os.getpid(), "born_s": born_s}


def is_here(process: Mapping[str, Any]) -> bool:
    """Tell whether it is, or was, a process of this machine; of others nobody knows."""
    return process.get("host") == socket.gethostname()


def is_alive(process: Mapping[str, Any]) -> bool:
    """Tell whether a process of this machine still lives."""
    import psutil

    try:
        born_s = psutil.Process(int(process.get("pid", 0))).create_time()
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
    noted = process.get("born_s")
    return noted is None or abs(born_s - float(noted)) <= BORN_TOLERANCE_S
