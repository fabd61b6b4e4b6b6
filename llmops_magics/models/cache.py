"""Answers from the store instead of from a model: within ``with caching(mode)``, else never.

What redaction would mask is stored only if ``trace.capture`` is ``full``: masked it would be
another answer. Such an answer is asked for anew each time, and counted in ``CacheUse.unkept``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from llmops_magics.config.settings import Settings
from llmops_magics.errors import ReplayMissError, UsageError
from llmops_magics.models.answer import is_sensitive, question_digest
from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.models.endpoint import address_of
from llmops_magics.models.interceptor import Call
from llmops_magics.models.stored import Found, ResponseCache

__all__ = ["CacheMode", "CacheUse", "CachingInterceptor", "ResponseCache", "caching"]

CacheMode = Literal["off", "use", "refresh", "replay"]


@dataclass(slots=True)
class CacheUse:
    """How the calls of a block use the cache, and what came of it so far."""

    mode: CacheMode
    hits: int = 0
    asked: int = 0
    unkept: int = 0  # answers with something sensitive in them
    caches: set[ResponseCache] = field(default_factory=set)


_USE: ContextVar[CacheUse | None] = ContextVar("llmops_cache_use", default=None)


@contextmanager
def caching(mode: CacheMode) -> Iterator[CacheUse]:
    """Let the calls of a block, and of the tasks it starts, use the cache; flush it at the end.

    ``use``: what is stored is not asked again. ``refresh``: everything is asked anew, and the new
    answer is kept. ``replay``: only what is stored; a miss raises ``ReplayMissError``. ``off``:
    nothing is looked up or kept.
    """
    if mode not in get_args(CacheMode):
        raise UsageError(
            f"{mode!r} is no way to use the cache.", hint="Give off, use, refresh or replay."
        )
    use = CacheUse(mode)
    token = _USE.set(use)
    try:
        yield use
    finally:
        _USE.reset(token)
        for cache in use.caches:
            cache.flush()


class CachingInterceptor:
    """Answers a call from the cache where ``caching`` says so.

    Equal calls that are under way at once are asked once; if that one fails, each of the others
    asks for itself.
    """

    def __init__(self, cache: ResponseCache, settings: Settings) -> None:
        self._cache = cache
        self._settings = settings
        self._keeps_all = settings.trace.capture == "full"
        self._under_way: dict[
            tuple[asyncio.AbstractEventLoop, str], asyncio.Future[ChatResponse | None]
        ] = {}

    async def intercept(self, request: ChatRequest, call_next: Call) -> ChatResponse:
        """Answer a call, or pass it on and keep its answer."""
        use = _USE.get()
        if use is None or use.mode == "off":
            return await call_next(request)
        key = question_digest(request, *address_of(request.model, self._settings))
        use.caches.add(self._cache)
        loop = asyncio.get_running_loop()
        first = self._under_way.get((loop, key))
        if first is not None:
            answer = await asyncio.shield(first)
            if answer is not None:
                use.hits += 1
                return replace(answer, cached=True, retries=0)
            return await self._answer(request, call_next, key, use)
        outcome: asyncio.Future[ChatResponse | None] = loop.create_future()
        self._under_way[loop, key] = outcome
        answer = None
        try:
            answer = await self._answer(request, call_next, key, use)
        finally:
            del self._under_way[loop, key]
            outcome.set_result(answer)
        return answer

    async def _answer(
        self, request: ChatRequest, call_next: Call, key: str, use: CacheUse
    ) -> ChatResponse:
        found = Found(None, True)
        if use.mode != "refresh":
            found = await self._cache.get(key, request.model.partition("/")[0])
        if found.answer is not None:
            use.hits += 1
            return found.answer
        if use.mode == "replay":
            raise _miss(request, key)
        use.asked += 1
        answer = await call_next(request)
        if self._keeps_all or not is_sensitive(answer):
            self._cache.put(key, request.model, answer, replaces=found.is_taken)
        else:
            use.unkept += 1
        return answer


def _miss(request: ChatRequest, key: str) -> ReplayMissError:
    repeat = f", repeat {request.repeat}" if request.repeat else ""
    return ReplayMissError(
        f"no stored answer for this call of {request.model}{repeat} ({key[:19]}…).",
        hint="Run it once without --replay; answers with secrets or personal data in them are "
        'stored only with trace.capture = "full".',
    )
