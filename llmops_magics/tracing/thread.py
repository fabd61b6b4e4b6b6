"""Threads that are started under a span work under it: the standard library does not see to that.

From the first span of the user's own on, ``Thread.start`` and ``ThreadPoolExecutor.submit`` take
the current span, session and release along, if there are any, and nothing else of the context.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any

import wrapt
from opentelemetry import context as otel_context
from opentelemetry import trace as otel

from llmops_magics.tracing.served import served_attributes, set_served
from llmops_magics.tracing.session import session_attributes, set_attributes

_LOCK = threading.Lock()
_installed = False


def carry_into_threads() -> None:
    """See to it from now on; a second call changes nothing."""
    global _installed  # noqa: PLW0603 -- what it says is true of the whole process
    if _installed:
        return
    with _LOCK:
        if not _installed:
            wrapt.wrap_function_wrapper(threading.Thread, "start", _start)
            wrapt.wrap_function_wrapper(ThreadPoolExecutor, "submit", _submit)
            _installed = True


def carried(work: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same work, to be done under the span, session and release of now."""
    span, session, served = otel.get_current_span(), session_attributes(), served_attributes()
    if not span.get_span_context().is_valid and session is None and served is None:
        return work

    @wraps(work)
    def under(*args: Any, **kwargs: Any) -> Any:
        before = session_attributes(), served_attributes()
        set_attributes(session)
        set_served(served)
        token = otel_context.attach(otel.set_span_in_context(span))
        try:
            return work(*args, **kwargs)
        finally:
            otel_context.detach(token)
            set_attributes(before[0])
            set_served(before[1])

    return under


def _start(start: Callable[[], None], thread: threading.Thread, _args: Any, _kwargs: Any) -> None:
    if not thread.ident:  # else starting it again raises, as it should
        work = carried(thread.run)
        if work != thread.run:
            thread.run = work  # type: ignore[method-assign]
    start()


def _submit(submit: Callable[..., Any], _pool: Any, args: Any, kwargs: Any) -> Any:
    if not args:  # that raises, as it should
        return submit(*args, **kwargs)
    return submit(carried(args[0]), *args[1:], **kwargs)
