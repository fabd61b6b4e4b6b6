"""One event loop in one long-lived thread, which drives every call of this process.

A notebook's own loop is busy running the cell, so ``asyncio.run`` raises there and a coroutine
returned by a magic is never awaited. Work is handed to this loop instead, and the caller's thread
waits: it stays interruptible, and what it waits for is cancelled by the interrupt.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar, cast

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
        coroutine, waits for it to tidy up, and raises ``KeyboardInterrupt``. A loop that something
        blocks all the while is left behind.
        """
        loop = self._running_loop()
        if threading.current_thread() is self._thread:
            work.close()
            raise UsageError(
                "a blocking call was made on the loop that would have to serve it.",
                hint="Await the asynchronous form there.",
            )
        job = _Job(work)
        try:
            loop.call_soon_threadsafe(job.start)
            while not job.over.acquire(timeout=TICK_S):
                if tick:
                    tick()
        except BaseException:
            loop.call_soon_threadsafe(job.cancel)
            if not job.over.acquire(timeout=TIDY_UP_S):
                self.forget()  # a call blocks the loop: whoever comes next has another one
            raise
        return job.result()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is not None:  # the usual way takes no lock that Ctrl-C could leave taken
            return self._loop
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(loop,), name="llmops-loop", daemon=True
                )
                self._thread.start()
                self._loop = loop
            return self._loop

    def forget(self) -> None:
        """Start afresh: after a fork the thread is gone, and with it the loop."""
        self.__init__()  # type: ignore[misc]


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """Run the loop for ever.

    asyncio lets these two of a task through, which would end the thread and leave every caller
    waiting; the task has its error all the same. Ctrl-C never comes here, but to the main thread.
    """
    while True:
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            loop.run_forever()
            return


class _Job(Generic[T]):
    """One coroutine on the loop, and the latch that opens when it has tidied up.

    The latch is a bare lock: opening it never waits. A future's or an event's condition would, for
    ever, if Ctrl-C hit the caller just while it held it; and with it the loop.
    """

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.over = threading.Lock()
        self.over.acquire()
        self._work = work
        self._task: asyncio.Task[None] | None = None
        self._value: T | None = None
        self._error: BaseException | None = None

    def start(self) -> None:
        """Begin; called on the loop."""
        self._task = asyncio.get_running_loop().create_task(self._finish())

    def cancel(self) -> None:
        """Cancel the coroutine; called on the loop, after ``start``.

        A turn later: a task that is cancelled before its first step never tidies up.
        """
        if self._task is not None:
            asyncio.get_running_loop().call_soon(self._task.cancel)

    def result(self) -> T:
        """Return what the coroutine returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return cast("T", self._value)

    async def _finish(self) -> None:
        try:
            self._value = await self._work
        except BaseException as error:  # noqa: BLE001  (it is the caller's, whatever it is)
            self._error = error
        finally:
            self.over.release()


LOOP = LoopThread()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LOOP.forget)
