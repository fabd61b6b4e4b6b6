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
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, TypeVar

from llmops_magics.errors import UsageError

T = TypeVar("T")
TICK_S = 0.1
TIDY_UP_S = 5.0


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
        ended = threading.Event()
        future = asyncio.run_coroutine_threadsafe(_supervise(work, ended), loop)
        try:
            while True:
                try:
                    return future.result(TICK_S if tick else None)
                except FutureTimeoutError:
                    if future.done():
                        return future.result()  # its own time-out, or it ended just now
                    if tick:
                        tick()
        except BaseException:
            if future.cancel():
                ended.wait(TIDY_UP_S)
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


async def _supervise(work: Coroutine[Any, Any, T], ended: threading.Event) -> T:
    # A cancelled future is done at once; only the coroutine knows when it has tidied up.
    try:
        return await work
    finally:
        ended.set()


LOOP = LoopThread()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LOOP.forget)
