"""Loads in the background: one thread while there is work, one load for all who ask at once.

Whoever asks gets a future: a thread waits for it, a coroutine awaits it, and neither starts a
second load of what is being loaded already. The thread ends when nothing is left to do.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Flights(Generic[T]):
    """The loads under way, by key; ``load`` runs in the background thread only."""

    def __init__(self, load: Callable[[str], T]) -> None:
        self._load = load
        self.reset()

    def reset(self) -> None:
        """Forget what is under way: after a fork the child has neither thread nor free locks."""
        self._lock = threading.Lock()
        self._flights: dict[str, Future[T]] = {}
        self._queue: deque[str] = deque()
        self._is_working = False

    def start(self, key: str) -> Future[T]:
        """Return the load of ``key`` that is under way, begun now if there was none."""
        with self._lock:
            return self._flights.get(key) or self._begin(key)

    def start_if(self, key: str, is_wanted: Callable[[], bool]) -> Future[T] | None:
        """Do what ``start`` does, or nothing if a load that has just ended made it needless."""
        with self._lock:
            under_way = self._flights.get(key)
            return under_way or (self._begin(key) if is_wanted() else None)

    def find(self, key: str) -> Future[T] | None:
        """Return the load of ``key`` that is under way, if there is one."""
        with self._lock:
            return self._flights.get(key)

    def _begin(self, key: str) -> Future[T]:
        if not self._is_working:  # first, for there may be no thread to be had
            threading.Thread(target=self._work, name="llmops-prompts", daemon=True).start()
            self._is_working = True
        flight: Future[T] = Future()
        flight.set_running_or_notify_cancel()  # a waiter that gives up cancels nobody else's
        self._flights[key] = flight
        self._queue.append(key)
        return flight

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._is_working = False
                    return
                key = self._queue.popleft()
            self._fly(key)

    def _fly(self, key: str) -> None:
        loaded: T | None = None
        problem: BaseException | None = None
        try:
            loaded = self._load(key)
        except BaseException as error:  # noqa: BLE001  (raised again where the future is read)
            problem = error
        with self._lock:
            flight = self._flights.pop(key)
        if problem is not None:
            flight.set_exception(problem)
        else:
            flight.set_result(loaded)  # type: ignore[arg-type]
