"""The HTTP side: routes, the key, and one path from request to scripted reply.

What the client did wrong is answered 4xx, as a real endpoint does. What the script did wrong is
answered 500 and kept in the transcript, so that it cannot pass for a scripted error.
"""

from __future__ import annotations

import asyncio
import hmac
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from llmops_magics.testing.call import Call
from llmops_magics.testing.completion import completion_payload
from llmops_magics.testing.delivery import deliver
from llmops_magics.testing.payload import Payload, error_payload, json_payload, raw_payload
from llmops_magics.testing.reply import Reply

if TYPE_CHECKING:
    from llmops_magics.testing.script import Scenario, Script
    from llmops_magics.testing.transcript import Transcript

MAX_REQUEST_BYTES = 64 * 2**20
FIRST_ERROR = 400
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One POST endpoint: the field it cannot do without, its script, its successful answer."""

    script: Script
    required: str
    accepts: Callable[[Any], bool]
    success: Callable[[Reply, Call], Payload]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


class Application:
    """The aiohttp application of one server; lives on that server's event loop."""

    def __init__(self, scenario: Scenario, transcript: Transcript, api_key: str) -> None:
        self._transcript = transcript
        self._authorization = f"Bearer {api_key}".encode()
        self._scenario = scenario
        self._chat = Route(
            script=scenario.chat,
            required="messages",
            accepts=_are_messages,
            success=completion_payload,
        )
        self._embeddings = Route(
            script=scenario.embeddings, required="input", accepts=_is_input, success=_embed
        )

    def build(self) -> web.Application:
        """Return the application, ready to be run."""
        application = web.Application(
            middlewares=[self._authorize], client_max_size=MAX_REQUEST_BYTES
        )
        application.router.add_post("/v1/chat/completions", self._handler(self._chat))
        application.router.add_post("/v1/embeddings", self._handler(self._embeddings))
        application.router.add_get("/v1/models", self._list_models)
        application.router.add_route("*", "/{path:.*}", _answer_not_found)
        return application

    @web.middleware
    async def _authorize(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if hmac.compare_digest(given, self._authorization):
            return await handler(request)
        return await _refuse(request, 401, "Incorrect API key provided.")

    def _handler(self, route: Route) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            with self._transcript.count_open_call():
                return await self._answer(request, route)

        return handle

    async def _answer(self, request: web.Request, route: Route) -> web.StreamResponse:
        arrived = asyncio.get_running_loop().time()
        body = _parse_object(await request.read())
        if not route.accepts(body.get(route.required)):
            return await _refuse(request, 400, f"The JSON body has no valid {route.required!r}.")
        call = Call(request={**body, "path": request.path}, number=next(route.numbers))
        self._transcript.requests.append(call.request)
        reply, payload = self._consult(route, call)
        await _sleep_until(arrived + (self._scenario.latency_ms + reply.latency_ms) / 1000)
        return await deliver(request, reply, payload)

    def _consult(self, route: Route, call: Call) -> tuple[Reply, Payload]:
        try:
            reply = route.script(call).render(call)
            return reply, _render(reply, call, route)
        except BaseException as error:  # noqa: BLE001 - pytest.fail() is one; close() raises it
            self._transcript.errors.append(error)
            message = f"The script raised {error!r}"
            refusal = Reply.error(500, message, headers={"x-should-retry": "false"})
            return refusal, error_payload(refusal)

    async def _list_models(self, _: web.Request) -> web.StreamResponse:
        models = [
            {"id": name, "object": "model", "created": 0, "owned_by": "scripted"}
            for name in self._scenario.models
        ]
        body = json_payload({"object": "list", "data": models})
        return web.Response(body=body.parts[0], content_type=body.content_type)


def _render(reply: Reply, call: Call, route: Route) -> Payload:
    if reply.body is not None:
        return raw_payload(reply.body, streamed=call.streamed and reply.status < FIRST_ERROR)
    if reply.status >= FIRST_ERROR:
        return error_payload(reply)
    return route.success(reply, call)


def _embed(reply: Reply, call: Call) -> Payload:
    from llmops_magics.testing.embedding import embedding_payload  # brings NumPy

    return embedding_payload(reply, call)


def _are_messages(value: Any) -> bool:
    return bool(value) and isinstance(value, list) and all(isinstance(m, dict) for m in value)


def _is_input(value: Any) -> bool:
    return bool(value) and isinstance(value, str | list)


def _parse_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object in ``content``; an empty one if there is none."""
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


async def _sleep_until(moment: float) -> None:
    left = moment - asyncio.get_running_loop().time()
    if left > 0:
        await asyncio.sleep(left)


async def _refuse(request: web.Request, status: int, message: str) -> web.StreamResponse:
    reply = Reply.error(status, message)
    return await deliver(request, reply, error_payload(reply))


async def _answer_not_found(request: web.Request) -> web.StreamResponse:
    return await _refuse(request, 404, f"There is no {request.method} {request.path}.")
