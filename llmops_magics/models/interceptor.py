"""The seam around a model call: a chain of interceptors, outermost first.

An interceptor sees the request, calls on (or answers itself), and sees the response. Cache,
limits, tracing, budgets and guard boundaries are interceptors; this layer knows none of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from llmops_magics.models.chat import ChatRequest, ChatResponse

Call = Callable[[ChatRequest], Awaitable[ChatResponse]]


class Interceptor(Protocol):
    """One link of the chain."""

    async def intercept(self, request: ChatRequest, call_next: Call) -> ChatResponse:
        """Handle a call; ``await call_next(request)`` passes it on."""
        ...


def chain(interceptors: Sequence[Interceptor], innermost: Call) -> Call:
    """Compose interceptors, the first one outermost, around the call that really goes out."""
    call = innermost
    for interceptor in reversed(interceptors):
        call = _link(interceptor, call)
    return call


def _link(interceptor: Interceptor, call_next: Call) -> Call:
    async def linked(request: ChatRequest) -> ChatResponse:
        return await interceptor.intercept(request, call_next)

    return linked
