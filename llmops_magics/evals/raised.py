"""What a user's function raised: whether it is the function's own, and in which words it is told.

A function may raise anything: a cancellation, ``KeyboardInterrupt``, an error whose text cannot be
made. None of it may end a run, or the event loop that drives all runs.
"""

from __future__ import annotations

import asyncio


def is_own(error: BaseException) -> bool:
    """Tell whether an error is the function's own; a cancellation of the running task is not."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or task.cancelling() == 0
    return not isinstance(error, GeneratorExit)  # the coroutine itself is being closed


def describe(error: BaseException) -> str:
    """Return the error's kind and text."""
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception as failure:  # noqa: BLE001  (its text is made by the user's code, too)
        return f"{kind}, whose text cannot be made ({type(failure).__name__})"
    return f"{kind}: {text}"
