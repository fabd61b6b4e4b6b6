"""Sending a reply over its connection, or breaking the connection where the reply says so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web
from multidict import CIMultiDict

if TYPE_CHECKING:
    from llmops_magics.testing.payload import Payload
    from llmops_magics.testing.reply import Reply


async def deliver(request: web.Request, reply: Reply, payload: Payload) -> web.StreamResponse:
    """Send ``payload`` as ``reply`` says; a client that has gone away is no error."""
    try:
        return await _send(request, reply, payload)
    except ConnectionError:
        return web.Response()  # for aiohttp, which finds the connection closed and drops it


async def _send(request: web.Request, reply: Reply, payload: Payload) -> web.StreamResponse:
    if reply.disconnect:
        _drop(request)
        return web.Response()
    headers = CIMultiDict({"Content-Type": payload.content_type})
    headers.update(reply.headers)
    if payload.streamed:
        return await _stream(request, reply, payload, headers)
    body = payload.parts[0]
    if reply.cut_after is None or reply.cut_after >= len(body):
        return web.Response(status=reply.status, headers=headers, body=body)
    response = web.StreamResponse(status=reply.status, headers=headers)
    response.content_length = len(body)  # the whole body is announced, a part of it comes
    await response.prepare(request)
    await response.write(body[: reply.cut_after])
    _drop(request)
    return response


async def _stream(
    request: web.Request, reply: Reply, payload: Payload, headers: CIMultiDict[str]
) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers=headers)
    await response.prepare(request)
    for position, part in enumerate(payload.parts[: reply.cut_after]):
        if position and reply.chunk_latency_ms:
            await asyncio.sleep(reply.chunk_latency_ms / 1000)
        await response.write(part)
    if reply.cut_after is not None and reply.cut_after < len(payload.parts):
        _drop(request)
    return response


def _drop(request: web.Request) -> None:
    """Close the connection once what was written is out; aiohttp then cannot add the rest."""
    if request.transport is not None:
        request.transport.close()
