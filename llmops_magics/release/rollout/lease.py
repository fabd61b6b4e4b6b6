"""Who watches: one holder of a lease at a time, and a token that grows with each.

A lease that ran out may be taken by anybody, by compare-and-swap on its token. Whoever acts passes
a check into the transaction of the change: a holder that slept through the end of its lease finds
another token there, and changes nothing.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from llmops_magics.errors import ReleaseConflictError
from llmops_magics.record import format_time, parse_time, utc_now
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import release_lease

NAME: Final = "rollouts"
LASTS_S: Final = 90.0
_C = release_lease.c


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A lease as it is held: by whom, under which token, until when."""

    name: str
    holder: str
    token: int
    expires_at: str

    def is_over(self, now: datetime) -> bool:
        """Tell whether anybody may take it."""
        return parse_time(self.expires_at) <= now


def new_holder() -> str:
    """Name this process for a lease: its host, its number, and what no other process has."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}:{secrets.token_hex(4)}"


def read_lease(connection: Connection, name: str = NAME) -> Lease | None:
    """Return who holds a lease, or held it last."""
    row = connection.execute(select(release_lease).where(_C.name == name)).mappings().first()
    return Lease(**row) if row else None


def take_lease(
    store: Store, holder: str, *, name: str = NAME, lasts_s: float = LASTS_S
) -> Lease | None:
    """Take a lease or keep one's own, None where somebody else holds it."""
    with store.write(lock=f"lease:{name}") as connection:
        now = utc_now()
        held = read_lease(connection, name)
        expires_at = format_time(now + timedelta(seconds=lasts_s))
        if held is None:
            fresh = Lease(name=name, holder=holder, token=1, expires_at=expires_at)
            return fresh if _insert(connection, fresh) else None
        is_own = held.holder == holder
        if not is_own and not held.is_over(now):
            return None
        # The token grows also where one's own had run out: others may have looked at it meanwhile.
        token = held.token if is_own and not held.is_over(now) else held.token + 1
        taken = Lease(name=name, holder=holder, token=token, expires_at=expires_at)
        changed = connection.execute(
            update(release_lease)
            .where(_C.name == name, _C.token == held.token, _C.holder == held.holder)
            .values(holder=holder, token=token, expires_at=expires_at)
        )
        return taken if changed.rowcount else None


def give_back(store: Store, lease: Lease) -> None:
    """Let the lease run out now, if it is still one's own; the token stays, to grow on."""
    with store.write(lock=f"lease:{lease.name}") as connection:
        connection.execute(
            update(release_lease)
            .where(_C.name == lease.name, _C.token == lease.token, _C.holder == lease.holder)
            .values(expires_at=format_time(utc_now()))
        )


def check_lease(connection: Connection, lease: Lease) -> None:
    """Refuse to act without the lease, in the transaction that acts.

    Raises ``ReleaseConflictError`` where it ran out or another has it. On PostgreSQL the row stays
    locked until the commit, so nobody can take it in between; SQLite's write lock does the same.
    """
    query = select(release_lease).where(_C.name == lease.name).with_for_update()
    row = connection.execute(query).mappings().first()
    held = Lease(**row) if row else None
    is_own = held is not None and (held.holder, held.token) == (lease.holder, lease.token)
    if held is None or not is_own or held.is_over(utc_now()):
        who = f" by {held.holder}" if held is not None and not is_own else ""
        raise ReleaseConflictError(
            f"the lease on rollouts was lost{who}.",
            hint="Another `llmops release watch` acts now; this one goes on looking.",
        )


def _insert(connection: Connection, lease: Lease) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(insert(release_lease), vars(lease))
    except IntegrityError:
        return False
    return True
