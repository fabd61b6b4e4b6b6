"""When a server has outlived its purpose.

It ends when another server took its place, when its last user has been gone for a while, or when
nobody has called it for long. A user that arrives in the very moment of the end is noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from filelock import Timeout

if TYPE_CHECKING:
    from llmops_magics.models.local.rendezvous import Rendezvous, State


class Load(NamedTuple):
    """What the server does: requests under way, and a number that grows with each one done."""

    active: int
    done: float


class Watch:
    """Remembers what it saw last, and names a reason to end, if there is one.

    Times are in seconds since 1970, as the files' times are.
    """

    def __init__(
        self, place: Rendezvous, state: State, *, idle_s: float, grace_s: float, now_s: float
    ) -> None:
        self._place = place
        self._state = state
        self._idle_s = idle_s
        self._grace_s = grace_s
        self._busy_at_s = self._peopled_at_s = now_s
        self._load = Load(active=0, done=0.0)

    def reason_to_end(self, now_s: float, load: Load) -> str | None:
        """Look once; None means: serve on. With a reason, the announcement is withdrawn."""
        if self._place.read() != self._state:
            return "its announcement is gone"
        touched_s = self._place.last_touch_s()
        if self._place.users():
            self._peopled_at_s = now_s
        if load.active or load != self._load:
            self._busy_at_s, self._load = now_s, load
        reason = self._reason(now_s, touched_s)
        return reason if reason and self._close_the_door(touched_s) else None

    def _reason(self, now_s: float, touched_s: float) -> str | None:
        if now_s - self._peopled_at_s > self._grace_s:
            return "its last user is gone"
        if now_s - max(self._busy_at_s, touched_s) > self._idle_s:
            return "nobody called it for a while"
        return None

    def _close_the_door(self, touched_s: float) -> bool:
        """Withdraw the announcement, unless somebody has come in since ``touched_s``.

        A user touches its file before it reads the announcement. So either the touch is seen
        here, after the withdrawal, or the user finds no announcement and starts a server.
        """
        lock = self._place.lock()
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        try:
            self._place.forget(self._state.process)
            if self._place.last_touch_s() <= touched_s:
                return True
            self._place.write(self._state)
            return False
        finally:
            lock.release()
