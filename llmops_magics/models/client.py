"""A model client: names resolved, interceptors run, one transport underneath.

By itself it makes each call once and at once; limits, retries and the cache are interceptors.
"""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from llmops_magics.config.routing import PREFIX, leaves
from llmops_magics.config.settings import Settings
from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.models.embedding import EmbeddingRequest, EmbeddingResponse
from llmops_magics.models.endpoint import Endpoint, resolve_endpoint
from llmops_magics.models.interceptor import (
    EmbeddingInterceptor,
    Interceptor,
    chain,
    embedding_chain,
)
from llmops_magics.models.loop import LOOP
from llmops_magics.models.routing.router import unknown_router

if TYPE_CHECKING:
    from llmops_magics.models.transport import Transport


class ModelClient:
    """Calls models by name, each kind of call through a fixed chain of interceptors."""

    def __init__(
        self,
        settings: Settings,
        interceptors: Sequence[Interceptor] = (),
        *,
        embedding_interceptors: Sequence[EmbeddingInterceptor] = (),
        on_close: Callable[[], None] = lambda: None,
        asks: bool = True,
    ) -> None:
        self._settings = settings
        self._on_close = on_close
        self._asks = asks  # False: a record answers for every model under test
        self._transport: Transport | None = None
        self._call = chain(interceptors, self._send)
        self._embed = embedding_chain(embedding_interceptors, self._send_texts)

    async def chat(self, request: ChatRequest) -> ChatResponse:
        """Make one call on the running loop; raises ``ModelError``."""
        return await self._call(request)

    def chat_blocking(self, request: ChatRequest) -> ChatResponse:
        """Make one call from any thread, whatever loop runs there."""
        return LOOP.run(self.chat(request))

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        """Ask for vectors on the running loop; raises ``ModelError``."""
        return await self._embed(request)

    async def check(self, model: str) -> None:
        """Raise ``ModelError`` where a model cannot be asked and no record answers for it."""
        if self._asks:
            await self.resolve(model)

    async def resolve(self, model: str) -> Endpoint:
        """Find the endpoint of a model, off the loop: the embedded one may have to start.

        Of a router every model that it may end at must have one; the first one's is returned.
        """
        if model.startswith(PREFIX):
            name = model.removeprefix(PREFIX)
            if name not in self._settings.router:
                raise unknown_router(name, self._settings.router)
            first, *_ = [await self.resolve(leaf) for leaf in leaves(name, self._settings.router)]
            return first
        if model.startswith("local/"):
            return await asyncio.to_thread(resolve_endpoint, model, self._settings)
        return resolve_endpoint(model, self._settings)

    def close(self) -> None:
        """Close the connections; done at the end of the process too, if nobody did before."""
        atexit.unregister(self.close)
        self._on_close()
        if self._transport is not None:
            LOOP.run(self._transport.close())

    async def _send(self, request: ChatRequest) -> ChatResponse:
        endpoint = await self.resolve(request.model)
        return await self._opened().chat(request, endpoint)

    async def _send_texts(self, request: EmbeddingRequest) -> EmbeddingResponse:
        endpoint = await self.resolve(request.model)
        return await self._opened().embed(request, endpoint)

    def _opened(self) -> Transport:
        if self._transport is None:
            from llmops_magics.models.transport import Transport

            self._transport = Transport(timeout_s=self._settings.models.timeout_s)
            atexit.register(self.close)
        return self._transport
