"""Calling a user's function so that it can neither block the event loop nor the end of a kernel.

``asyncio.to_thread`` would do the first, but its few threads are used up by functions that hang,
and Python waits for them when it ends. A daemon thread a call does neither.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Callable
from typing import Any


async def call_either(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return what a function returns: an async one is awaited here, another runs in a thread."""
    if is_async(function):
        return await function(*args, **kwargs)
    result = await run_in_thread(function, *args, **kwargs)
    return await result if inspect.isawaitable(result) else result


def is_async(function: Any) -> bool:
    """Tell whether a function, or an object's ``__call__``, is a coroutine function."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(type(function), "__call__", None)  # noqa: B004  (an object with async __call__)
    )


async def run_in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return what ``function`` returns, raise what it raises; cancelling leaves it behind."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
    variables = contextvars.copy_context()

    def deliver(result: Any, error: BaseException | None) -> None:
        if not outcome.done():
            outcome.set_result((result, error))

    def call() -> None:
        result: Any = None
        raised: BaseException | None = None
        try:
            result = variables.run(function, *args, **kwargs)
        except BaseException as error:  # noqa: BLE001  (raised again where it is awaited)
            raised = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(deliver, result, raised)

    threading.Thread(target=call, name="llmops-scorer", daemon=True).start()
    result, raised = await outcome
    if raised is not None:
        raise raised
    return result
