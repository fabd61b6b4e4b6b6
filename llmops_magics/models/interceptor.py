"""The seam around a model call: a chain of interceptors, outermost first.

An interceptor sees the request, calls on (or answers itself), and sees the response. Cache,
limits, tracing, budgets and guard boundaries are interceptors; this layer knows none of them.
What concerns any call (limits, caps, budgets, prices) is written once, for ``Request`` and
``Response``, and stands in the chains of both kinds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.models.embedding import EmbeddingRequest, EmbeddingResponse

Request = TypeVar("Request", ChatRequest, EmbeddingRequest)
Response = TypeVar("Response", ChatResponse, EmbeddingResponse)
Call = Callable[[ChatRequest], Awaitable[ChatResponse]]
EmbeddingCall = Callable[[EmbeddingRequest], Awaitable[EmbeddingResponse]]


class Interceptor(Protocol):
    """One link of the chain of chat calls."""

    async def intercept(self, request: ChatRequest, call_next: Call) -> ChatResponse:
        """Handle a call; ``await call_next(request)`` passes it on."""
        ...


class EmbeddingInterceptor(Protocol):
    """One link of the chain of embedding calls."""

    async def intercept(
        self, request: EmbeddingRequest, call_next: EmbeddingCall
    ) -> EmbeddingResponse:
        """Handle a call; ``await call_next(request)`` passes it on."""
        ...


def chain(interceptors: Sequence[Interceptor], innermost: Call) -> Call:
    """Compose interceptors, the first one outermost, around the call that really goes out."""
    call = innermost
    for interceptor in reversed(interceptors):
        call = _link(interceptor.intercept, call)
    return call


def embedding_chain(
    interceptors: Sequence[EmbeddingInterceptor], innermost: EmbeddingCall
) -> EmbeddingCall:
    """Do the same for embedding calls."""
    call = innermost
    for interceptor in reversed(interceptors):
        call = _link(interceptor.intercept, call)
    return call


def _link(
    intercept: Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]],
    call_next: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def linked(request: Request) -> Response:
        return await intercept(request, call_next)

    return linked
