"""Ask for the token counts of other code's streams, which an endpoint only tells when asked.

``stream_options.include_usage`` is added where the caller says nothing of it, and the chunk that
it brings (no choices, only the usage) is taken out again, so the caller's loop sees what it always
saw. An endpoint that refuses the option is asked again without it, and not bothered from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import wrapt

_MODULE = "openai.resources.chat.completions.completions"
_RAW = "X-Stainless-Raw-Response"  # the caller wants the bare response, which cannot be filtered
_REFUSALS = (400, 422)


class StreamUsage:
    """Installed over ``create`` with ``start``, undone with ``stop``."""

    def __init__(self) -> None:
        self._refusing: set[str] = set()

    def start(self) -> None:
        """Wrap ``create`` of both clients."""
        wrapt.wrap_function_wrapper(_MODULE, "Completions.create", self._create)
        wrapt.wrap_function_wrapper(_MODULE, "AsyncCompletions.create", self._create_async)

    def stop(self) -> None:
        """Put back what was there, if nobody has wrapped it further."""
        module = import_module(_MODULE)
        for name, ours in (("Completions", self._create), ("AsyncCompletions", self._create_async)):
            holder = getattr(module, name)
            if getattr(holder.create, "_self_wrapper", None) == ours:
                holder.create = holder.__dict__["create"].__wrapped__

    def _create(self, create: Callable[..., Any], client: Any, args: Any, kwargs: Any) -> Any:
        if not self._is_to_be_asked(client, kwargs):
            return create(*args, **kwargs)
        try:
            return _Stream(create(*args, **kwargs, stream_options={"include_usage": True}))
        except Exception as error:
            if not self._is_refusal(error, client):
                raise
            return create(*args, **kwargs)

    async def _create_async(
        self, create: Callable[..., Any], client: Any, args: Any, kwargs: Any
    ) -> Any:
        if not self._is_to_be_asked(client, kwargs):
            return await create(*args, **kwargs)
        try:
            return _Stream(await create(*args, **kwargs, stream_options={"include_usage": True}))
        except Exception as error:
            if not self._is_refusal(error, client):
                raise
            return await create(*args, **kwargs)

    def _is_to_be_asked(self, client: Any, kwargs: dict[str, Any]) -> bool:
        if kwargs.get("stream") is not True or _RAW in (kwargs.get("extra_headers") or {}):
            return False
        given = kwargs.get("stream_options")
        if isinstance(given, dict) or "stream_options" in (kwargs.get("extra_body") or {}):
            return False
        kwargs.pop("stream_options", None)  # None, or the client's mark for "not given"
        return _where(client) not in self._refusing

    def _is_refusal(self, error: Exception, client: Any) -> bool:
        refused = getattr(error, "status_code", None) in _REFUSALS
        if refused and "stream_options" in str(error):
            self._refusing.add(_where(client))
            return True
        return False


class _Stream(wrapt.ObjectProxy):  # type: ignore[type-arg]
    """A stream without the chunk that only tells the usage."""

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        while _is_usage(chunk := next(self.__wrapped__)):
            pass
        return chunk

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        while _is_usage(chunk := await anext(self.__wrapped__)):
            pass
        return chunk

    def __enter__(self) -> Any:
        self.__wrapped__.__enter__()
        return self

    async def __aenter__(self) -> Any:
        await self.__wrapped__.__aenter__()
        return self


def _is_usage(chunk: Any) -> bool:
    return getattr(chunk, "usage", None) is not None and not getattr(chunk, "choices", True)


def _where(client: Any) -> str:
    return str(getattr(getattr(client, "_client", None), "base_url", ""))
