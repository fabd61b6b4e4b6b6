"""The one module that imports ``openai``: calls over its client, errors in our tree.

Calls go through ``client.post`` and come back as plain JSON: that skips the client's response
models (a third of a call's CPU), and the instrumentation that records other code's ``openai``
calls does not see ours, which ``tracing`` records itself. The aiohttp transport is used because
the default one rescans its pool on every request. A call is one request: trying again is the
business of ``limits``, for which each error says whether that makes sense.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp
import openai

from llmops_magics.errors import (
    BadResponseError,
    EndpointError,
    ModelError,
    ModelTimeoutError,
    RateLimitError,
    RequestRejectedError,
)
from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.embedding import EmbeddingRequest, EmbeddingResponse
from llmops_magics.models.endpoint import Endpoint
from llmops_magics.models.retry import retry_after_s
from llmops_magics.redaction import redact

# JSON that cannot be read is a ValueError, or too deep; aiohttp's own come of broken HTTP.
_FAILURES = (
    openai.OpenAIError,
    aiohttp.ClientError,
    TimeoutError,
    ValueError,
    RecursionError,
)
_Key = tuple[asyncio.AbstractEventLoop, str, str]


class Transport:
    """Clients by event loop and endpoint: connections cannot leave the loop that made them.

    After a fork, or when a caller awaits on a loop of its own, there is simply another client.
    """

    def __init__(self, *, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._clients: dict[_Key, openai.AsyncOpenAI] = {}

    async def chat(self, request: ChatRequest, endpoint: Endpoint) -> ChatResponse:
        """Send one request; raise a ``ModelError`` that names the endpoint when it fails.

        The time-out is one of the whole call: an endpoint that sends a byte now and then does not
        put it off.
        """
        body = {
            "model": endpoint.model,
            "messages": list(request.messages),
            **request.settings,
        }
        answer, latency_ms = await self._post("/chat/completions", body, request, endpoint)
        return _parse(answer, endpoint, latency_ms)

    async def embed(self, request: EmbeddingRequest, endpoint: Endpoint) -> EmbeddingResponse:
        """Ask for the vectors of some texts, under the same terms as ``chat``.

        They are asked for in base64, a quarter of the bytes; an endpoint may send numbers instead.
        """
        from llmops_magics.models.vectors import read_embeddings  # brings NumPy

        body = {
            "model": endpoint.model,
            "input": list(request.texts),
            "encoding_format": "base64",
            **request.settings,
        }
        answer, latency_ms = await self._post("/embeddings", body, request, endpoint)
        return read_embeddings(answer, endpoint, len(request.texts), latency_ms)

    async def _post(
        self,
        path: str,
        body: dict[str, Any],
        request: ChatRequest | EmbeddingRequest,
        endpoint: Endpoint,
    ) -> tuple[Any, float]:
        """Return the JSON of the answer, and how long it took in ms."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(request.timeout_s or self._timeout_s):
                answer: Any = await self._client(endpoint).post(path, body=body, cast_to=object)
        except _FAILURES as error:
            failure = _translate(error, endpoint, request.model)
        else:
            return answer, (time.perf_counter() - started) * 1000
        # Out here it has no cause: the cause's text, or the headers in its frames, hold the key.
        raise failure

    async def close(self) -> None:
        """Close the connections of the running loop.

        Those of other loops stay: after a fork they are the parent's, and closing them here would
        take its sockets out of the poll set that both share.
        """
        mine = [key for key in self._clients if key[0] is asyncio.get_running_loop()]
        await asyncio.gather(*(self._clients.pop(key).close() for key in mine))

    def _client(self, endpoint: Endpoint) -> openai.AsyncOpenAI:
        key = (asyncio.get_running_loop(), endpoint.base_url, endpoint.api_key)
        if key not in self._clients:
            self._clients[key] = openai.AsyncOpenAI(
                base_url=endpoint.base_url,
                api_key=endpoint.api_key,
                timeout=None,
                max_retries=0,
                http_client=openai.DefaultAioHttpClient(timeout=None),
            )
        return self._clients[key]


def _parse(answer: Any, endpoint: Endpoint, latency_ms: float) -> ChatResponse:
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        usage = answer.get("usage")
        return ChatResponse(
            text=str(message.get("content") or ""),
            model=str(answer.get("model") or endpoint.model),
            finish_reason=str(choice.get("finish_reason") or ""),
            usage=_usage(usage) if usage else None,
            response_id=str(answer.get("id") or ""),
            latency_ms=latency_ms,
            endpoint=endpoint.name,
            tool_calls=tuple(dict(call) for call in message.get("tool_calls") or ()),
            service_tier=str(answer.get("service_tier") or ""),
            system_fingerprint=str(answer.get("system_fingerprint") or ""),
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise BadResponseError(
            f"{endpoint.where} answered with something that is no chat "
            f"completion: {str(answer)[:120]!r}.",
            hint="Check that the base URL is that of an OpenAI-compatible API (often …/v1).",
            may_be_billed=True,
        ) from error


def _usage(usage: dict[str, Any]) -> Usage:
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    reasoning = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
    return Usage(
        input_tokens=int(usage["prompt_tokens"]),
        output_tokens=int(usage.get("completion_tokens") or 0),
        cached_input_tokens=int(cached),
        reasoning_tokens=int(reasoning),
    )


def _translate(error: Exception, endpoint: Endpoint, model: str) -> ModelError:
    where = endpoint.where
    if isinstance(error, openai.APIStatusError):
        return _refusal(error, endpoint, model)
    if isinstance(error, TimeoutError):
        return _late(endpoint)
    if isinstance(error, openai.APITimeoutError) and _timed_out(error):
        return _late(endpoint)
    if isinstance(error, openai.APIConnectionError | aiohttp.ClientError):
        return EndpointError(
            f"cannot reach {where}: {_detail(_root_cause(error), endpoint)}.",
            hint="Check the base URL, and that the server is up.",
            is_transient=True,
            may_be_billed=True,
        )
    is_broken = isinstance(error, json.JSONDecodeError | RecursionError | openai.OpenAIError)
    what = "answered with broken JSON" if is_broken else "cannot be asked, or its answer read"
    return BadResponseError(f"{where} {what}: {_detail(error, endpoint)}.", may_be_billed=True)


def _refusal(error: openai.APIStatusError, endpoint: Endpoint, model: str) -> ModelError:
    where = endpoint.where
    detail = _detail(error, endpoint)
    status = error.status_code
    kind, message, hint = _REFUSALS.get(status, _OTHER_REFUSAL if status < 500 else _FAILURE)
    if error.code == _NO_CREDIT:
        hint = "Check the credit of the account: waiting does not help."
    return kind(
        message.format(where=where, model=model, status=status, detail=detail),
        hint=hint,
        is_transient=_is_transient(error),
        retry_after_s=retry_after_s(error.response.headers),
    )


_NO_CREDIT = "insufficient_quota"  # a 429 that no waiting mends
_Refusal = tuple[type[ModelError], str, str]
_KEY_REFUSED: _Refusal = (RequestRejectedError, "{where} refused the key: {detail}.", "")
_REFUSALS: dict[int, _Refusal] = {
    401: _KEY_REFUSED,
    403: _KEY_REFUSED,
    429: (RateLimitError, "{where} limits the rate: {detail}.", "Lower --concurrency or wait."),
}
_OTHER_REFUSAL: _Refusal = (
    RequestRejectedError,
    "{where} rejected the request for {model}: {detail}.",
    "",
)
_FAILURE: _Refusal = (EndpointError, "{where} failed with status {status}: {detail}.", "")


def _is_transient(error: openai.APIStatusError) -> bool:
    if error.code == _NO_CREDIT:
        return False
    said = error.response.headers.get("x-should-retry")
    if said in ("true", "false"):
        return bool(said == "true")
    return error.status_code in (408, 409, 429) or error.status_code >= 500


def _late(endpoint: Endpoint) -> ModelTimeoutError:
    return ModelTimeoutError(
        f"{endpoint.where} did not answer in time.",
        hint="Raise models.timeout_s in llmops.toml.",
        is_transient=True,
        may_be_billed=True,
    )


def _detail(error: Exception, endpoint: Endpoint) -> str:
    # Some servers repeat the key they refuse.
    text = str(error).replace(endpoint.api_key, "[key]") if endpoint.api_key else str(error)
    return redact(" ".join(text.split()))[:300].rstrip(".") or type(error).__name__


def _timed_out(error: BaseException | None) -> bool:
    # The aiohttp transport calls a refused or dropped connection a time-out of connecting, too.
    while error is not None and not isinstance(error, TimeoutError):
        error = error.__cause__ or error.__context__
    return error is not None


def _root_cause(error: Exception) -> Exception:
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error
