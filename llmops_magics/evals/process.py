"""Which process works on a run, so that no other one takes it up while that lives.

A process is known by its machine, number and time of birth: numbers come round again, in a
container after every start.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

from llmops_magics.models.local.rendezvous import Process


def this_process() -> dict[str, Any]:
    """Return what a run notes of the process that works on it."""
    born_s = Process.of(os.getpid()).born_s
    return {"host": socket.gethostname(), "pid": os.getpid(), "born_s": born_s}


def is_here(process: Mapping[str, Any]) -> bool:
    """Tell whether it is, or was, a process of this machine; of others nobody knows."""
    return process.get("host") == socket.gethostname()


def is_alive(process: Mapping[str, Any]) -> bool:
    """Tell whether a process of this machine still runs; False where the note is no good."""
    pid, born_s = process.get("pid"), process.get("born_s")
    if not isinstance(pid, int) or not isinstance(born_s, int | float):
        return False
    return Process(pid=pid, born_s=born_s).is_alive()
