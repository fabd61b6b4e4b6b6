"""How many threads a computation should use on this machine.

More threads than cores that are really ours make every one of them wait for the others: inside a
container that is limited to two cores of 64, that is the common case.
"""

from __future__ import annotations

import os
from pathlib import Path

MAX_USEFUL_THREADS = 8
"""Models this small gain nothing from more."""

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def usable_cores() -> int:
    """Return the number of physical cores this process may keep busy, at least 1."""
    import psutil

    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed, quota_cores(CGROUP_LIMIT), MAX_USEFUL_THREADS))


def quota_cores(limit_file: Path) -> int:
    """Read a cgroup's ``cpu.max`` ("200000 100000" is two cores); with no limit, many."""
    try:
        quota, period = limit_file.read_text("ascii").split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):  # no cgroup v2, or the limit is "max"
        return MAX_USEFUL_THREADS
