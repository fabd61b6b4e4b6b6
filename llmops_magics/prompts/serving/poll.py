"""A thread that asks, about once a second, whether anything was released.

Requests never wait for it, and it never keeps alive what it works for: it ends when that is gone.
After a fork the child has no such thread until ``start`` is called in it.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, Final

MIN_PERIOD_S: Final = 0.05


class Poll:
    """Calls ``look(owner)`` every ``period_s`` seconds, once started."""

    def __init__(self, owner: Any, look: Callable[[Any], None]) -> None:
        self._owner = weakref.ref(owner)
        self._look = look
        self.reset()

    def reset(self) -> None:
        """Forget the thread: after a fork the child has neither it nor free locks."""
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.is_on = False

    def start(self, period_s: float) -> None:
        """Begin to look, if nobody does."""
        with self._lock:
            if self.is_on or self._stopped.is_set():
                return
            self.is_on = True
        arguments = (self._owner, self._look, self._stopped, max(period_s, MIN_PERIOD_S))
        threading.Thread(target=_run, args=arguments, name="llmops-releases", daemon=True).start()

    def stop(self) -> None:
        """End it for good."""
        self._stopped.set()


def _run(
    owner: weakref.ref[Any],
    look: Callable[[Any], None],
    stopped: threading.Event,
    period_s: float,
) -> None:
    while not stopped.wait(period_s):
        found = owner()
        if found is None:
            return
        look(found)
        del found
