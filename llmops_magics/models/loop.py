"""One event loop in one long-lived thread, which drives every call of this process.

A notebook's own loop is busy running the cell, so ``asyncio.run`` raises there and a coroutine
returned by a magic is never awaited. Work is handed to this loop instead, and the caller's thread
waits: it stays interruptible, and what it waits for is cancelled by the interrupt.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, TypeVar

from llmops_magics.errors import UsageError

T = TypeVar("T")
TICK_S = 0.1


class LoopThread:
    """An event loop that runs in a daemon thread of its own from the first use on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, work: Coroutine[Any, Any, T], *, tick: Callable[[], None] | None = None) -> T:
        """Run a coroutine to its end and return its result; context variables go with it.

        ``tick`` is called in the caller's thread about ten times a second. Ctrl-C cancels the
        coroutine, waits for it to tidy up, and raises ``KeyboardInterrupt``.
        """
        loop = self._running_loop()
        if threading.current_thread() is self._thread:
            work.close()
            raise UsageError(
                "a blocking call was made on the loop that would have to serve it.",
                hint="Await the asynchronous form there.",
            )
        future = asyncio.run_coroutine_threadsafe(work, loop)
        try:
            while True:
                try:
                    return future.result(TICK_S if tick else None)
                except FutureTimeoutError:
                    if future.done():
                        raise  # the coroutine's own
                    if tick:
                        tick()
        except BaseException:
            _cancel(future)
            raise

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="llmops-loop", daemon=True
                )
                self._thread.start()
            return self._loop

    def forget(self) -> None:
        """Start afresh: after a fork the thread is gone, and with it the loop."""
        self.__init__()  # type: ignore[misc]


def _cancel(future: Any) -> None:
    if future.done():
        return
    future.cancel()
    try:
        future.result(5)
    except (CancelledError, FutureTimeoutError):
        return


LOOP = LoopThread()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LOOP.forget)
