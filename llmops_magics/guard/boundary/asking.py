"""Wait for a person's answer to a question, where there is one to be asked.

Who waits asks whoever sits before a live kernel, if a kernel said how; meanwhile anybody may answer
from another process on the same store. After the question's time, which runs from when it is made,
the answer is no. In a gate nobody can answer: it is no at once.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias, TypeVar

from llmops_magics.errors import AccessDeniedError, UsageError
from llmops_magics.guard.boundary.pending import PendingQuestion, PendingRegistry, typed_by_a_person
from llmops_magics.models.loop import LOOP
from llmops_magics.record import in_gate

Asker: TypeAlias = Callable[[PendingQuestion], bool | None]
"""Asks a person at this process; None where that one would not or could not answer."""

T = TypeVar("T")
POLL_S: Final = 0.5
_FIRST_POLL_S: Final = 0.05
_ASKER: list[Asker] = []


def set_asker(asker: Asker | None) -> None:
    """Say how somebody at this process is asked; None: nobody is there."""
    _ASKER[:] = [] if asker is None else [asker]


def settle(registry: PendingRegistry, question: PendingQuestion) -> PendingQuestion:
    """Return the question with its answer; to be called from any thread but the loop's."""
    answered = _ask_here(registry, question)
    return answered if answered is not None else LOOP.run(_wait(registry, question))


async def settle_async(registry: PendingRegistry, question: PendingQuestion) -> PendingQuestion:
    """Do the same on a running loop, which goes on meanwhile."""
    if _ASKER or in_gate():
        answered = await in_thread(partial(_ask_here, registry, question))
        if answered is not None:
            return answered
    return await _wait(registry, question)


async def in_thread(work: Callable[[], T]) -> T:
    """Do work in a thread of its own: those of the loop's pool may all wait for a person."""
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    done: asyncio.Future[T] = loop.create_future()

    def finish(act: Callable[[], None]) -> None:
        if not done.done():  # nobody waits any more
            act()

    def run() -> None:
        try:
            result = context.run(work)
        except BaseException as error:  # noqa: BLE001 -- it is the one's who waits
            loop.call_soon_threadsafe(finish, partial(done.set_exception, error))
        else:
            loop.call_soon_threadsafe(finish, partial(done.set_result, result))

    threading.Thread(target=run, name="llmops-guard", daemon=True).start()
    return await done


def _ask_here(registry: PendingRegistry, question: PendingQuestion) -> PendingQuestion | None:
    if in_gate():
        return registry.close(question, "Nobody can answer in a gate.")
    if not _ASKER:
        return None
    said = _ASKER[0](question)
    if said is None:
        return None
    try:
        with typed_by_a_person():
            return registry.answer(question.id, allow=said, note="Asked in the kernel.")
    except (UsageError, AccessDeniedError):  # somebody was quicker, or this one may not answer
        found = registry.get(question.id)
        return found if found.state != "waiting" else None


async def _wait(registry: PendingRegistry, question: PendingQuestion) -> PendingQuestion:
    pause_s = _FIRST_POLL_S
    try:
        while (left_s := question.seconds_left) > 0:
            found = await in_thread(partial(registry.get, question.id))
            if found.state != "waiting":
                return found
            await asyncio.sleep(min(pause_s, left_s))
            pause_s = min(pause_s * 2, POLL_S)
    except asyncio.CancelledError:
        await in_thread(partial(registry.close, question, "Whoever waited went away."))
        raise
    return await in_thread(partial(registry.close, question, "Nobody answered in time."))
