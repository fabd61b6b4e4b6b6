"""What a forked child must not inherit: locks that another thread held, and open connections.

A lock that is held while the process forks is held in the child for ever, since the thread that
would release it is not there. A connection belongs to the parent: SQLite forbids even to close it,
and a server would take what the child says for the parent's words. Whatever keeps either says how
it starts anew, and every child begins with that.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something that starts anew in a forked child."""

    def renew(self) -> None:
        """Take new locks, and leave the parent's connections open and unused."""
        ...


_ALL: WeakSet[Renewable] = WeakSet()
_INHERITED: list[object] = []  # kept, for what is forgotten is closed


def renew_in_child(thing: Renewable) -> None:
    """Have a thing renewed in every child that is forked while it lives."""
    _ALL.add(thing)


def leave_open(*connections: object) -> None:
    """Never close what the parent opened."""
    _INHERITED.extend(connections)


def _renew_all() -> None:
    for thing in list(_ALL):
        thing.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
